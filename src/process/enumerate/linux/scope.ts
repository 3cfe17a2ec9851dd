import { readFileSync, realpathSync } from 'node:fs';
import type { Scope } from '../../../event/scope.ts';
import { usedOf } from '../../../privilege/capabilities.ts';
import { ownRights } from '../../../privilege/rights.ts';
import { hidesProcesses } from './parse-kernel.ts';

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
  const ptrace = usedOf(ownRights()?.effective ?? 0n).includes('CAP_SYS_PTRACE');
  const groups = [...(process.getgroups?.() ?? [])].sort((a, b) => a - b);
  return `euid=${process.geteuid?.()} groups=${groups.join(',')} ptrace=${ptrace ? 1 : 0}`;
}

function readOwn(file: string): string {
  return readFileSync(`/proc/self/${file}`, 'utf8');
}
