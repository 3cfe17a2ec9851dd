import { readFileSync } from 'node:fs';
import { parseAuxv } from '../../../src/process/enumerate/linux/parse-kernel.ts';

const TICKS_PER_SECOND = parseAuxv(readFileSync('/proc/self/auxv'))?.ticksPerSecond ?? 100;

/** User and system time of a process and its threads, ended ones included (proc_pid_stat(5)); to 10 ms. */
export function cpuSeconds(pid: number): number {
  const { own } = cpuTicks(pid);
  return own / TICKS_PER_SECOND;
}

/** The same, and that of the children it has waited for, and of theirs. */
export function cpuSecondsWithChildren(pid: number): number {
  const { own, children } = cpuTicks(pid);
  return (own + children) / TICKS_PER_SECOND;
}

function cpuTicks(pid: number): { readonly own: number; readonly children: number } {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const [user = 0, system = 0, childrenUser = 0, childrenSystem = 0] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 15)
    .map(Number);
  return { own: user + system, children: childrenUser + childrenSystem };
}

export interface ResidentMemory {
  /** What the process itself holds; files it maps, LMDB's among them, are not in it. */
  readonly anonymousBytes: number;
  readonly residentBytes: number;
}

/** Source: proc_pid_status(5). */
export function residentMemory(pid: number): ResidentMemory {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  return { anonymousBytes: kibibytes(status, 'RssAnon') * 1024, residentBytes: kibibytes(status, 'VmRSS') * 1024 };
}

/** The share of a process in the memory it uses, what it has in common with others divided among them (proc_pid_smaps(5)). */
export function proportionalBytes(pid: number): number {
  return kibibytes(readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1'), 'Pss') * 1024;
}

/**
 * Bytes the process handed to write(2) and its kin, for files, sockets and pipes alike (proc_pid_io(5)). What the same
 * file calls `write_bytes` is no measure: it counts whole folios of the page cache, hundreds of kilobytes for one page.
 */
export function handedToWriteBytes(pid: number | 'self'): number {
  return lineNumber(readFileSync(`/proc/${pid}/io`, 'latin1'), /^wchar: (\d+)$/m);
}

export function childrenOf(pid: number): readonly number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim();
  return text === '' ? [] : text.split(' ').map(Number);
}

function kibibytes(text: string, name: string): number {
  return lineNumber(text, new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm'));
}

function lineNumber(text: string, line: RegExp): number {
  const number = line.exec(text)?.[1];
  if (number === undefined) throw new Error(`there is no line like ${line} in what the kernel tells of a process`);
  return Number(number);
}
