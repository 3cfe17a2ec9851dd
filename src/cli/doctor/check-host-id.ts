import type { Finding } from './finding.ts';

export function checkHostId(hostId: string | undefined, machineIdFile: string): Finding {
  const facts = { hostId: hostId ?? null, machineIdFile };
  if (hostId !== undefined) return { check: 'host.id', status: 'ok', message: `${hostId}, of ${machineIdFile}`, facts };
  return {
    check: 'host.id',
    status: 'note',
    message: `records carry none: there is no machine-id in ${machineIdFile}`,
    advice: "name the host's file with --machine-id-file, in a container a mounted one",
    facts,
  };
}
