import type { Finding } from './finding.ts';

/** Numbers of capabilities(7). */
const CAPABILITIES = { CAP_DAC_READ_SEARCH: 2n, CAP_SYS_PTRACE: 19n } as const;

/** @param effectiveCapabilities 16 hex digits, as in `/proc/self/status` */
export function checkRights(effectiveUserId: number | undefined, effectiveCapabilities: string | undefined): Finding {
  const held = BigInt(`0x${effectiveCapabilities ?? '0'}`);
  const has = (bit: bigint) => ((held >> bit) & 1n) === 1n;
  const names = Object.keys(CAPABILITIES) as (keyof typeof CAPABILITIES)[];
  const missing = names.filter((name) => !has(CAPABILITIES[name]));
  const facts = {
    effectiveUserId,
    effectiveCapabilities: effectiveCapabilities ?? null,
    ...Object.fromEntries(names.map((name) => [name, has(CAPABILITIES[name])])),
  };
  const who = `uid ${effectiveUserId}`;
  if (missing.length === 0) {
    return { check: 'rights', status: 'ok', message: `${who}, with ${names.join(' and ')}`, facts };
  }
  return {
    check: 'rights',
    status: 'note',
    message: `${who}, without ${missing.join(' and ')}: executables, directories and namespaces of others are out of sight`,
    advice: 'systemd gives them with AmbientCapabilities=, Docker and Kubernetes with cap_add and securityContext',
    facts,
  };
}
