/**
 * Whether a variable was put there by Kubernetes because a Service is called `procmond` or `procmond-...`, and so is no
 * configuration: PROCMOND_SERVICE_HOST, PROCMOND_PORT_9464_TCP_ADDR, PROCMOND_METRICS_PORT=tcp://10.0.0.7:9464
 * (source: Kubernetes documentation, "Discovering services", and the Docker links it imitates).
 */
export function isKubernetesServiceLink(name: string, value: string): boolean {
  if (SERVICE_VARIABLE.test(name) || PORT_DETAIL_VARIABLE.test(name)) return true;
  return name.endsWith('_PORT') && LINK_ADDRESS.test(value);
}

const SERVICE_VARIABLE = /^PROCMOND(_[A-Z0-9_]+)?_SERVICE_(HOST|PORT(_[A-Z0-9_]+)?)$/;
const PORT_DETAIL_VARIABLE = /^PROCMOND(_[A-Z0-9_]+)?_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$/;
const LINK_ADDRESS = /^(tcp|udp|sctp):\/\//;
