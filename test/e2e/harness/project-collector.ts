import { join } from 'node:path';
import type { Backend } from './backend.ts';
import { freePorts } from './free-ports.ts';
import type { OtelCollectorSettings } from './start-otel-collector.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
/** The file that users run, not a copy of it. */
export const PROJECT_CONFIG_FILE = join(ROOT, 'otel-collector-config.yaml');
/** Is laid over it. */
export const KUBERNETES_CONFIG_FILE = join(ROOT, 'deploy', 'otel-collector-kubernetes.yaml');

/** An OTel Collector with the project's own configuration in front of the given backend. */
export interface ProjectCollector {
  readonly settings: OtelCollectorSettings;
  /** Base URL that procmond is given. */
  readonly endpoint: string;
  /** Host and port of its own metrics, for Prometheus. */
  readonly metricsTarget: string;
}

export interface ProjectCollectorOptions {
  readonly queueBytes?: number;
  readonly kubeconfigFile?: string;
  /** A configuration to be laid over the project's. */
  readonly overlayFile?: string;
}

/** Chooses ports, and keeps the queues below `directory`; `startOtelCollector(t, collector.settings)` starts it. */
export async function projectCollector(
  directory: string,
  to: Backend,
  options: ProjectCollectorOptions = {},
): Promise<ProjectCollector> {
  const port = await freePorts(['http', 'grpc', 'health', 'metrics']);
  return {
    settings: {
      configFiles: [
        PROJECT_CONFIG_FILE,
        ...(options.kubeconfigFile === undefined ? [] : [KUBERNETES_CONFIG_FILE]),
        ...(options.overlayFile === undefined ? [] : [options.overlayFile]),
      ],
      environment: {
        OTELCOL_SECURITY_ENDPOINT: to.endpoint.security,
        OTELCOL_INVENTORY_ENDPOINT: to.endpoint.inventory,
        OTELCOL_AGENT_ENDPOINT: to.endpoint.agent,
        OTELCOL_OTLP_HTTP_PORT: String(port.http),
        OTELCOL_OTLP_GRPC_PORT: String(port.grpc),
        OTELCOL_HEALTH_ENDPOINT: `127.0.0.1:${port.health}`,
        OTELCOL_METRICS_PORT: String(port.metrics),
        OTELCOL_QUEUE_DIRECTORY: join(directory, 'queue'),
        ...(options.queueBytes === undefined ? {} : { OTELCOL_QUEUE_BYTES: String(options.queueBytes) }),
        ...(options.kubeconfigFile === undefined
          ? {}
          : { OTELCOL_K8S_AUTH: 'kubeConfig', KUBECONFIG: options.kubeconfigFile }),
      },
      healthUrl: `http://127.0.0.1:${port.health}`,
    },
    endpoint: `http://127.0.0.1:${port.http}`,
    metricsTarget: `127.0.0.1:${port.metrics}`,
  };
}
