import { readFileSync, realpathSync } from 'node:fs';
import type { Scope } from '../../../event/scope.ts';
import { hidesProcesses } from './parse-kernel.ts';
import { parseStatus } from './parse-status.ts';

const CAP_SYS_PTRACE = 19n;

/** Whose processes are in sight now; see `Scope`. */
export function readScope(options: {
  readonly procRoot: string;
  readonly hostId: string | undefined;
  readonly pidNamespace: number | undefined;
}): Scope {
  const hidden = hidesProcesses(readOwn('mountinfo'), withoutLinks(options.procRoot));
  return {
    procRoot: options.procRoot,
    enumerator: 'linux-proc',
    ...(options.hostId !== undefined && { hostId: options.hostId }),
    ...(options.pidNamespace !== undefined && { pidNamespace: options.pidNamespace }),
    ...(hidden && { sight: ownSight() }),
  };
}

/** As the mount table spells it. */
function withoutLinks(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    // Gone since it was listed: the next cycle tells.
    return path;
  }
}

/** What a `hidepid` mount goes by: effective uid, groups and CAP_SYS_PTRACE. */
function ownSight(): string {
  const capabilities = BigInt(`0x${parseStatus(readOwn('status')).effectiveCapabilities ?? '0'}`);
  const groups = [...(process.getgroups?.() ?? [])].sort((a, b) => a - b);
  return `euid=${process.geteuid?.()} groups=${groups.join(',')} ptrace=${(capabilities >> CAP_SYS_PTRACE) & 1n}`;
}

function readOwn(file: string): string {
  return readFileSync(`/proc/self/${file}`, 'utf8');
}
