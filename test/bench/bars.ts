/**
 * Every bar that procmond is held to, and nothing else: a row of the report names one of these, or has none. They hold
 * on any machine where they are ratios to something that ran in turns with procmond; the others are generous.
 */
export interface Bar {
  readonly atMost: number;
  /** Of the ratio to the reference, or of what was measured, in the unit of the row. */
  readonly of: 'ratio' | 'measured';
  /** On a host with more processes it is no bar. */
  readonly upToProcesses: number;
}

/** CPU for reading all processes and comparing them with the last snapshot. */
const READING = {
  /** Steady cycle, enhanced metadata on. Reference: a C program that reads the files of every process in full. */
  withoutRefresh: ratio(0.45),
  withRefresh: ratio(0.65),
  /** A new source, in a program whose code is warm. */
  firstCycle: ratio(2),
  /** Steady cycle with the rolling refresh, as the daemon runs. */
  againstPs: ratio(0.5),
  againstProcessExporter: ratio(0.08),
  againstSysteminformation: ratio(0.02),
  /** Reference: the same with enhanced metadata. */
  withoutEnhanced: ratio(1),
  /** For one process. Reference: the smallest host of the run. */
  growth: ratio(1.2),
} as const satisfies Readonly<Record<string, Bar>>;

/** The whole of a cycle: read, compare, commit, deliver. */
const CYCLE = {
  /** CPU milliseconds. */
  emitChanges: atMost(500),
  /** CPU milliseconds for 1,000 processes. */
  emitAll: atMost(100),
  /** Reference: the same with an empty outbox. */
  fullOutbox: ratio(1.2),
  /** Wall milliseconds of the phase `commit`. */
  steadyCommit: atMost(25),
  /** Milliseconds, the 99th percentile, while procmond reads and compares. */
  eventLoopDelay: atMost(25),
} as const satisfies Readonly<Record<string, Bar>>;

const PROGRAM = {
  /** MB, anonymous, with `--emit changes` when the inventory of the first cycle has been delivered. */
  inventoryMemory: atMost(140),
  /** MB, anonymous, with `--emit all`. */
  memory: atMost(85, { upToProcesses: 2_000 }),
  /** CPU seconds to the first committed cycle. */
  start: atMost(1.5, { upToProcesses: 2_000 }),
  /** Bytes for one record. */
  outbox: atMost(250),
  written: atMost(250),
  publish: ratio(3),
  /** CPU microseconds for the arguments of one process, once per exec. */
  redaction: atMost(10),
  /** Wall time; 0.8 of the throughput of sha256sum. */
  hashing: ratio(1.25),
  /** Bytes that a second cycle reads to hash. */
  hashingAgain: atMost(0),
} as const satisfies Readonly<Record<string, Bar>>;

export const BARS = { reading: READING, cycle: CYCLE, program: PROGRAM } as const;

function ratio(most: number): Bar {
  return { atMost: most, of: 'ratio', upToProcesses: Number.POSITIVE_INFINITY };
}

/** What a host of 10,000 processes, and what runs there anyway, must keep to, unless it says otherwise. */
function atMost(most: number, { upToProcesses = 12_000 } = {}): Bar {
  return { atMost: most, of: 'measured', upToProcesses };
}
