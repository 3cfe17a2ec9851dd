import { commandLineText } from '../event/command-line-text.ts';
import type { ProcessEvent } from '../event/process-event.ts';
import { isInState, type StateName } from './process-states.ts';

/** Which processes are meant: those that fit everything that is given. Empty lists ask nothing. */
export interface ProcessSelection {
  /** Each must be in the name, the path of the executable or the command line, in any case, or be the pid. */
  readonly words: readonly string[];
  /** Effective users, each by name or number. */
  readonly users: readonly string[];
  readonly pids: readonly number[];
  readonly states: readonly StateName[];
  readonly withoutKernelThreads: boolean;
  /** The process that asks, where it is in the list. */
  readonly askingPid?: number | undefined;
}

/**
 * The processes that are meant, in the order they came in. The words stand in the arguments of who asks, and of the shell,
 * sudo or watch above it: so they never find the one that asks, and those above it by name or path only.
 */
export function selectProcesses(
  processes: readonly ProcessEvent[],
  selection: ProcessSelection,
): readonly ProcessEvent[] {
  const words = selection.words.map((word) => word.toLowerCase());
  const users = new Set(selection.users);
  const pids = new Set(selection.pids);
  const above = words.length === 0 ? new Set() : ancestorPids(processes, selection.askingPid);
  return processes.filter((process) => {
    const { pid, userId, platformMetadata: metadata } = process;
    if (selection.withoutKernelThreads && metadata?.kernelThread) return false;
    if (pids.size > 0 && !pids.has(pid)) return false;
    if (users.size > 0 && !isOneOf(users, metadata?.userName) && !isOneOf(users, userId)) return false;
    if (selection.states.length > 0 && !isInState(metadata?.stateCode, selection.states)) return false;
    if (words.length === 0) return true;
    return pid !== selection.askingPid && holdsWords(process, words, { withArguments: !above.has(pid) });
  });
}

function isOneOf(users: ReadonlySet<string>, user: string | number | undefined): boolean {
  return user !== undefined && users.has(String(user));
}

/** The pids above one, itself not included. */
function ancestorPids(processes: readonly ProcessEvent[], pid: number | undefined): ReadonlySet<number> {
  const above = new Set<number>();
  if (pid === undefined) return above;
  const parents = new Map(processes.map((process) => [process.pid, process.ppid]));
  // A table that was read while it changed may hold a circle.
  for (let parent = parents.get(pid); parent !== undefined && !above.has(parent); parent = parents.get(parent)) {
    above.add(parent);
  }
  return above;
}

function holdsWords(
  process: ProcessEvent,
  words: readonly string[],
  { withArguments }: { readonly withArguments: boolean },
): boolean {
  const { pid, name, executablePath = '' } = process;
  const texts = [name, executablePath, ...(withArguments ? [commandLineText(process) ?? ''] : [])];
  // No word reaches from one text into the next: arguments cannot hold a NUL.
  const text = texts.join('\0').toLowerCase();
  return words.every((word) => word === String(pid) || text.includes(word));
}
