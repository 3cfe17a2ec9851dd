import { readFileSync } from 'node:fs';
import { capabilitySet, countOthers, USED_CAPABILITIES, usedOf } from './capabilities.ts';

/** What the kernel lets a process do, as its `/proc/PID/status` tells (proc_pid_status(5)). */
export interface Rights {
  readonly effectiveUserId: number;
  readonly effectiveGroupId: number;
  /** Sets of capabilities(7), a bit each. */
  readonly effective: bigint;
  readonly permitted: bigint;
  readonly bounding: bigint;
}

/** Those of this process; undefined where there is no such file (another system than Linux). */
export function ownRights(): Rights | undefined {
  try {
    // Not a file of the process to be watched: `--proc-root` may show another host's.
    return parseRights(readFileSync('/proc/self/status', 'latin1'));
  } catch {
    return undefined;
  }
}

export function parseRights(status: string): Rights {
  const lines = new Map(status.split('\n').map((line) => line.split(':\t', 2) as [string, string | undefined]));
  const second = (label: string) => Number(lines.get(label)?.split('\t')[1]);
  const set = (label: string) => capabilitySet(lines.get(label) ?? '0');
  return {
    effectiveUserId: second('Uid'),
    effectiveGroupId: second('Gid'),
    effective: set('CapEff'),
    permitted: set('CapPrm'),
    bounding: set('CapBnd'),
  };
}

/** Who it is and what it holds, in one phrase: what is of use by name, the rest counted. */
export function rightsText({ effectiveUserId, effective }: Rights): string {
  const held = usedOf(effective);
  const others = countOthers(effective);
  const missing = USED_CAPABILITIES.filter((name) => !held.includes(name));
  const counted = `${others} ${held.length > 0 ? 'more' : 'other'} ${others === 1 ? 'capability' : 'capabilities'}`;
  const named = [...held, ...(others > 0 ? [counted] : [])];
  const withText = named.length > 0 ? `, with ${listed(named)}` : '';
  const withoutText = missing.length > 0 ? `, without ${listed(missing)}` : '';
  return `uid ${effectiveUserId}${withText}${withoutText}`;
}

/** The same, and what to do where it holds too much. */
export function rightsLine(rights: Rights): string {
  const advice = tooManyAdvice(rights);
  return advice === undefined ? rightsText(rights) : `${rightsText(rights)}: ${advice}`;
}

/** What to do about rights that are too many; undefined where they are not. */
export function tooManyAdvice({ effectiveUserId, effective }: Rights): string | undefined {
  if (effectiveUserId !== 0 && countOthers(effective) === 0) return undefined;
  return 'run --user NAME drops all but those it has a use for';
}

/** What to do about something the system denies to a process with these rights. */
export function deniedAdvice(rights: Rights | undefined): string {
  const missing = USED_CAPABILITIES.filter((name) => rights === undefined || !usedOf(rights.effective).includes(name));
  if (missing.length === 0)
    return 'no right of this user helps: a security module, or another user namespace, keeps them';
  const who = rights === undefined ? 'this user' : `uid ${rights.effectiveUserId}`;
  return `${who} lacks ${listed(missing)}: systemd gives it with AmbientCapabilities=, run --user NAME started as root keeps it, Docker and Kubernetes have cap_add and securityContext`;
}

function listed(names: readonly string[]): string {
  return names.length <= 1 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
