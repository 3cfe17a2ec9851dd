import { readdirSync, readFileSync } from 'node:fs';

/** What the standard `process_*` metrics say. NaN is what the system does not tell. */
export interface OwnProcess {
  readonly cpuSeconds: number;
  readonly residentBytes: number;
  readonly virtualBytes: number;
  /** Seconds since the Unix epoch. */
  readonly startTimeSeconds: number;
  readonly openFileDescriptors: number;
  /** The soft limit; Infinity where there is none. */
  readonly maxFileDescriptors: number;
}

/** Reads the figures of this very process, from `/proc/self` where Node.js does not know them; never throws. */
export function readOwnProcess(): OwnProcess {
  const cpu = process.cpuUsage();
  const status = readOwn('status');
  return {
    cpuSeconds: (cpu.user + cpu.system) / 1e6,
    residentBytes: kibibytes(status, /^VmRSS:\s+(\d+) kB$/m),
    virtualBytes: kibibytes(status, /^VmSize:\s+(\d+) kB$/m),
    startTimeSeconds: performance.timeOrigin / 1000,
    openFileDescriptors: countFileDescriptors(),
    maxFileDescriptors: softLimit(readOwn('limits')),
  };
}

/** Resident memory that no file stands behind: the store's mapped pages are not in it. undefined where nobody tells. */
export function readAnonymousBytes(): number | undefined {
  const bytes = kibibytes(readOwn('status'), /^RssAnon:\s+(\d+) kB$/m);
  return Number.isNaN(bytes) ? undefined : bytes;
}

function readOwn(file: string): string {
  try {
    return readFileSync(`/proc/self/${file}`, 'latin1');
  } catch {
    // No /proc (not Linux, or not mounted): the figures of this file are NaN, which the scrape shows.
    return '';
  }
}

/** `kB` in `/proc/self/status` means 1024 bytes (source: proc_pid_status(5)). */
function kibibytes(status: string, line: RegExp): number {
  return Number(line.exec(status)?.[1] ?? Number.NaN) * 1024;
}

/** Source: proc_pid_limits(5). */
function softLimit(limits: string): number {
  const limit = /^Max open files\s+(\S+)/m.exec(limits)?.[1];
  return limit === 'unlimited' ? Number.POSITIVE_INFINITY : Number(limit ?? Number.NaN);
}

function countFileDescriptors(): number {
  try {
    // One of them is the directory itself while it is read.
    return readdirSync('/proc/self/fd').length - 1;
  } catch {
    // As above; and a process that has no descriptor left cannot open the directory.
    return Number.NaN;
  }
}
