import { closeSync, openSync, readFileSync, readSync, statfsSync } from 'node:fs';
import { failureOf, type ProcReader, type ReadFailure } from './proc-reader.ts';

/** Type of the proc file system in statfs(2). */
const PROC_SUPER_MAGIC = 0x9fa0;

/** The kernel keeps a page of 4 KiB for each file that is open. */
const MAX_KEPT = 12_288;

/** Of what this process may have open; the rest is left to everything else in it. */
const KEPT_SHARE = 0.5;

/**
 * Reads `/proc/PID/stat` from files that stay open from cycle to cycle: that halves what a reading costs, at 4.4 kB of
 * kernel memory for each. An open one belongs to its process for good: when that has ended, and even when its pid is
 * given to another one, reading it fails (ESRCH).
 */
export class StatFiles {
  readonly #reader: ProcReader;
  readonly #maxKept: number;
  /** By all enumerators of this process: they share its limit. */
  static #kept = 0;
  /** The file the last reading leaves open, to be handed in with the next one of that process. */
  file: number | undefined;

  constructor(reader: ProcReader, maxKept: number) {
    this.#reader = reader;
    this.#maxKept = maxKept;
  }

  /**
   * Reads into the reader's buffer; `kept` is what an earlier reading of this process left open.
   * @returns the number of bytes
   */
  read(path: string, kept: number | undefined): number | ReadFailure {
    this.file = undefined;
    if (kept !== undefined) {
      const length = this.#readOpen(kept);
      if (typeof length === 'number' && length > 0) {
        this.file = kept;
        return length;
      }
      this.close(kept);
    }
    let file: number;
    try {
      file = openSync(path, 'r');
    } catch (error) {
      return failureOf(error);
    }
    const length = this.#readOpen(file);
    if (typeof length === 'number' && StatFiles.#kept < this.#maxKept) {
      StatFiles.#kept += 1;
      this.file = file;
    } else {
      closeSync(file);
    }
    return length;
  }

  close(kept: number | undefined): void {
    if (kept === undefined) return;
    StatFiles.#kept -= 1;
    closeSync(kept);
  }

  #readOpen(file: number): number | ReadFailure {
    try {
      return readSync(file, this.#reader.buffer, 0, this.#reader.buffer.length, 0);
    } catch (error) {
      return failureOf(error);
    }
  }
}

/** How many files may be kept open; none where `procRoot` is no proc file system, whose files would not notice a death. */
export function keptFilesLimit(procRoot: string): number {
  try {
    if (statfsSync(procRoot).type !== PROC_SUPER_MAGIC) return 0;
    const openFiles = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1];
    return Math.min(MAX_KEPT, Math.floor(Number(openFiles ?? 0) * KEPT_SHARE));
  } catch {
    // Whoever reads the table next says what is wrong with it.
    return 0;
  }
}
