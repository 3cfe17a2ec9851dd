import * as fc from 'fast-check';

/**
 * Files as the kernel writes them (fs/proc/array.c, base.c, namespaces.c), made of values that a test knows. Every text is
 * bytes, each one character (latin1).
 */

/** What each property is tried with. */
export const RUNS: { readonly numRuns: number } = { numRuns: 10_000 };

/** A byte that a name may hold: those that could be taken for the end of it, more often than their share. */
const nameByte = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(' ', '(', ')', '\n', '\t', '\\', '0', ':', 'S', '-', '\r', '\x85', '\xff') },
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 255 }).map((byte) => String.fromCharCode(byte)) },
);

/** TASK_COMM_LEN without its NUL. */
export const comm: fc.Arbitrary<string> = fc
  .array(nameByte, { maxLength: 15, size: 'max' })
  .map((bytes) => bytes.join(''));

/** Bytes of a path: anything but NUL. */
export const pathBytes: fc.Arbitrary<string> = fc
  .array(fc.oneof(fc.constantFrom('/', ' ', '(deleted)', '/memfd:', ' (deleted)', '.', 'bin'), nameByte), {
    maxLength: 12,
  })
  .map((parts) => `/${parts.join('')}`);

/** Any bytes at all, sometimes long. */
export const anyBytes: fc.Arbitrary<string> = fc
  .uint8Array({ maxLength: 200 })
  .map((bytes) => Buffer.from(bytes).toString('latin1'));

/** What parsers of lines look at, in any order and number. */
export function anyOf(...tokens: readonly string[]): fc.Arbitrary<string> {
  const token = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...tokens) },
    { weight: 2, arbitrary: fc.constantFrom(' ', '\t', '\n', ':', '0', '1', '7', '-', '\0', '\xff') },
    { weight: 1, arbitrary: fc.nat().map(String) },
  );
  return fc.array(token, { maxLength: 24 }).map((parts) => parts.join(''));
}

/** The whole text with a byte put in, taken out or replaced at one place. */
export function damaged(text: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.tuple(text, fc.nat(), fc.nat(2), nameByte).map(([whole, place, way, byte]) => {
    const at = place % (whole.length + 1);
    const taken = way === 0 ? 0 : 1;
    return whole.slice(0, at) + (way === 2 ? '' : byte) + whole.slice(at + taken);
  });
}

export interface StatModel {
  readonly comm: string;
  /** Behind the name, from field 3 on. */
  readonly fields: readonly string[];
}

const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }).map(String);
const pid = fc.integer({ min: 0, max: 4_194_304 }).map(String);
const counter = fc.oneof(fc.nat(9), fc.nat(), fc.maxSafeNat()).map(String);
const niceness = fc.integer({ min: -20, max: 19 }).map(String);
/** Those that nobody reads may be anything that is a number. */
const unread = fc.constantFrom('0', '-1', '18446744073709551615', '9223372036854775807', '17');

export const STATES: readonly string[] = Array.from('RSDZTtXxKWPI');
const times = (count: number, arbitrary: fc.Arbitrary<string>) => Array.from({ length: count }, () => arbitrary);
const upTo = (max: number) => fc.nat({ max }).map(String);

/** Fields 3 to 52 of proc_pid_stat(5), in their order. */
const statFields: fc.Arbitrary<readonly string[]> = fc.tuple(
  ...[
    // state, ppid, pgrp, session, tty_nr, tpgid, flags
    [fc.constantFrom(...STATES), pid, pid, pid, int32, int32, upTo(2 ** 32 - 1)],
    // minflt, cminflt, majflt, cmajflt, utime, stime, cutime, cstime, priority, nice
    [counter, unread, counter, unread, counter, counter, unread, unread, unread, niceness],
    // num_threads, itrealvalue, starttime, vsize, rss, and rsslim, startcode, endcode, startstack
    [counter, unread, counter, counter, counter, unread, unread, unread, counter],
    // kstkesp to processor, rt_priority, policy, delayacct_blkio_ticks to start_brk, arg_start, arg_end to exit_code
    [...times(11, unread), upTo(99), upTo(7), ...times(6, unread), counter, ...times(4, unread)],
  ].flat(),
);

export const statModel: fc.Arbitrary<StatModel> = fc.record({ comm, fields: statFields });

export function statText({ comm: name, fields }: StatModel): string {
  return `4711 (${name}) ${fields.join(' ')}\n`;
}

export interface StatusModel {
  readonly comm: string;
  readonly uids: readonly [number, number, number, number];
  readonly gids: readonly [number, number, number, number];
  readonly groups: readonly number[];
  readonly namespacePids: readonly number[];
  /** undefined for what has no memory. */
  readonly swapKibibytes: number | undefined;
  readonly effectiveCapabilities: string;
  readonly noNewPrivileges: boolean;
  /** undefined on a kernel without it. */
  readonly seccompMode: number | undefined;
  readonly voluntarySwitches: number;
  readonly involuntarySwitches: number;
}

const id = fc.oneof(fc.nat(1_100), fc.nat({ max: 2 ** 32 - 1 }));
const ids = fc.tuple(id, id, id, id);

export const statusModel: fc.Arbitrary<StatusModel> = fc.record({
  comm,
  uids: ids,
  gids: ids,
  groups: fc.array(id, { maxLength: 5 }),
  namespacePids: fc.array(fc.integer({ min: 1, max: 4_194_304 }), { minLength: 1, maxLength: 4 }),
  swapKibibytes: fc.option(fc.nat(), { nil: undefined }),
  effectiveCapabilities: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((bits) => bits.toString(16).padStart(16, '0')),
  noNewPrivileges: fc.boolean(),
  seccompMode: fc.option(fc.nat(2), { nil: undefined }),
  voluntarySwitches: fc.maxSafeNat(),
  involuntarySwitches: fc.maxSafeNat(),
});

/** The lines from Name to the end, as far as something could be mistaken for something else. */
export function statusText(model: StatusModel): string {
  const pids = model.namespacePids.join('\t');
  const kibibytes = (label: string, value: number) => `${label}:\t${String(value).padStart(8)} kB\n`;
  const { swapKibibytes: swap, seccompMode: seccomp } = model;
  return [
    `Name:\t${escapedName(model.comm)}\n`,
    'Umask:\t0022\nState:\tS (sleeping)\nTgid:\t52\nNgid:\t0\nPid:\t52\nPPid:\t1\nTracerPid:\t0\n',
    `Uid:\t${model.uids.join('\t')}\nGid:\t${model.gids.join('\t')}\nFDSize:\t64\n`,
    `Groups:\t${model.groups.map((group) => `${group} `).join('')}\n`,
    `NStgid:\t${pids}\nNSpid:\t${pids}\nNSpgid:\t${pids}\nNSsid:\t${pids}\nKthread:\t0\n`,
    swap === undefined ? '' : kibibytes('VmSize', 4) + kibibytes('VmSwap', swap) + kibibytes('HugetlbPages', 0),
    'Threads:\t1\nSigQ:\t0/96000\nCapInh:\t0000000000000000\nCapPrm:\t000001ffffffffff\n',
    `CapEff:\t${model.effectiveCapabilities}\nCapBnd:\t000001ffffffffff\n`,
    `NoNewPrivs:\t${model.noNewPrivileges ? 1 : 0}\n`,
    seccomp === undefined ? '' : `Seccomp:\t${seccomp}\nSeccomp_filters:\t3\n`,
    'Speculation_Store_Bypass:\tthread vulnerable\nCpus_allowed_list:\t0-1\n',
    `voluntary_ctxt_switches:\t${model.voluntarySwitches}\n`,
    `nonvoluntary_ctxt_switches:\t${model.involuntarySwitches}\n`,
  ].join('');
}

/** Only newline and backslash are escaped in this file. */
function escapedName(name: string): string {
  return name.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

/** A field of `/proc/PID/mountinfo`: space, tab, newline, backslash and "#" are octal. */
export function escapedMount(text: string): string {
  return text.replaceAll(/[ \t\n\\#]/g, (byte) => `\\${byte.charCodeAt(0).toString(8).padStart(3, '0')}`);
}
