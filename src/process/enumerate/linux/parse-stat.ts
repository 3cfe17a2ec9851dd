/**
 * Field numbers of `/proc/PID/stat` as proc_pid_stat(5) counts them, from 1. Ticks are clock ticks (USER_HZ),
 * pages are of the kernel's page size, addresses read 0 where the process may not be ptraced.
 */
export const STAT = {
  STATE: 3,
  PPID: 4,
  PGRP: 5,
  SESSION: 6,
  TTY_NR: 7,
  FLAGS: 9,
  MINOR_FAULTS: 10,
  MAJOR_FAULTS: 12,
  UTIME_TICKS: 14,
  STIME_TICKS: 15,
  NICE: 19,
  NUM_THREADS: 20,
  START_TICKS: 22,
  VSIZE_BYTES: 23,
  RSS_PAGES: 24,
  START_STACK: 28,
  RT_PRIORITY: 40,
  POLICY: 41,
  ARG_START: 48,
} as const;

const LAST_FIELD = 52;

/** Bits of the FLAGS field (include/linux/sched.h). */
export const PF_FORKNOEXEC = 0x40;
export const PF_KTHREAD = 0x200000;

/** Where the parser puts what it found; made once and filled again and again. */
export interface StatFields {
  /** Indexed by field number; STATE holds the letter's character code. Fields an old kernel lacks are 0. */
  readonly values: Float64Array;
  commStart: number;
  commEnd: number;
}

export function createStatFields(): StatFields {
  return { values: new Float64Array(LAST_FIELD + 1), commStart: 0, commEnd: 0 };
}

const SPACE = 0x20;
const NEWLINE = 0x0a;
const OPEN_PARENTHESIS = 0x28;
const CLOSE_PARENTHESIS = 0x29;
const MINUS = 0x2d;
const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;

/**
 * Parses the first `length` bytes of a `/proc/PID/stat` line into `into`, without making a string.
 * `comm` may hold anything, spaces, parentheses and newlines included, and ends at the line's last ")".
 * A number counts only with the space or newline behind it: one that is cut off would be another number.
 * @returns false when the line ends before the RSS field or holds anything but numbers after the state letter
 */
export function parseStat(bytes: Uint8Array, length: number, into: StatFields): boolean {
  let open = 0;
  while (open < length && bytes[open] !== OPEN_PARENTHESIS) open++;
  let close = length - 1;
  while (close > open && bytes[close] !== CLOSE_PARENTHESIS) close--;
  if (close <= open || bytes[close + 1] !== SPACE || close + 2 >= length) return false;
  into.commStart = open + 1;
  into.commEnd = close;

  const { values } = into;
  values[STAT.STATE] = bytes[close + 2] as number;
  let position = close + 3;
  if (bytes[position] !== SPACE) return false;
  position += 1;
  let field = STAT.STATE + 1;
  while (position < length && field <= LAST_FIELD) {
    let byte = bytes[position] as number;
    const negative = byte === MINUS;
    if (negative) byte = bytes[++position] as number;
    if (position >= length || byte < DIGIT_0 || byte > DIGIT_9) return false;
    let value = 0;
    while (position < length && byte >= DIGIT_0 && byte <= DIGIT_9) {
      value = value * 10 + (byte - DIGIT_0);
      byte = bytes[++position] as number;
    }
    if (position >= length) break;
    if (byte !== SPACE && byte !== NEWLINE) return false;
    values[field] = negative ? -value : value;
    field += 1;
    position += 1;
  }
  if (field <= STAT.RSS_PAGES) return false;
  values.fill(0, field);
  return true;
}
