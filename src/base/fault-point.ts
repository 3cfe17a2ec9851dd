import { openSync, writeSync } from 'node:fs';

/**
 * Steps at which a test ends procmond as a crash would (test/faults/crash/): between any two of them something has become
 * true that the next start has to find. In the order a run passes them.
 *
 * Each call stands behind the label `TEST_ONLY`. The build drops what is so labelled (scripts/bundle.ts): a program that is
 * given to people has no fault points, and takes the variables below for unknown ones.
 */
export const FAULT_POINTS = [
  'start.locked',
  'start.database_opened',
  'start.schema_put',
  'start.schema_committed',
  'start.store_opened',
  'start.instance_put',
  'start.redaction_key_put',

  'cycle.begun',
  'cycle.enumerated',
  'cycle.planned',
  'cycle.rows_written',
  'cycle.figures_written',
  'cycle.snapshot_written',
  /** With the name of the event. */
  'event.emitted',
  'outbox.chunk_put',
  'outbox.chunk_evicted',
  'outbox.flushed',
  'discards.marked_told',
  'discards.told',
  'event.published',
  'cycle.committed',
  'cycle.adopted',

  /** Any transaction: of the start, of a cycle, of a delivery. */
  'transaction.begun',
  'transaction.worked',
  'transaction.committed',
  'transaction.adopted',

  'batch.taken',
  'request.made',
  'request.answered',
  'batch.answered',
  'dead_letter.put',
  'dead_letter.retried',
  'dead_letter.removed',
  'outbox.chunk_removed',
  'outbox.cursor_put',
  'batch.settled',

  'stop.sources_stopped',
  'stop.told',
  'stop.drained',
  'stop.store_closing',
  'stop.database_closed',
  'stop.unlocked',
] as const;

export type FaultPoint = (typeof FAULT_POINTS)[number];

/**
 * `<point>[@<detail>][:<n>]`: the process sends itself SIGKILL when it passes that point for the n-th time, the first by
 * default.
 */
const KILL_VARIABLE = 'PROCMOND_FAULT_POINT';

/** Path of a file whose first byte becomes the place in `FAULT_POINTS` of each point that is passed. */
const TRACE_VARIABLE = 'PROCMOND_FAULT_TRACE';

let passed: ((point: FaultPoint, detail: string | undefined) => void) | undefined;

/** A step was reached. To be called behind the label `TEST_ONLY` alone. */
export function faultPoint(point: FaultPoint, detail?: string): void {
  passed?.(point, detail);
}

/**
 * Does what the variables ask for, and takes them out of `env`: they are no options.
 * @throws {Error} when there is no such point
 */
export function armFaultPoints(env: Record<string, string | undefined>): void {
  const { [KILL_VARIABLE]: kill, [TRACE_VARIABLE]: trace } = env;
  delete env[KILL_VARIABLE];
  delete env[TRACE_VARIABLE];
  const listeners = [...(trace === undefined ? [] : [traceTo(trace)]), ...(kill === undefined ? [] : [killAt(kill)])];
  if (listeners.length > 0) passed = (point, detail) => listeners.forEach((listener) => listener(point, detail));
}

function killAt(text: string): NonNullable<typeof passed> {
  const [, name = '', detail, count = '1'] = /^([a-z_.]+)(?:@([a-z_.]+))?(?::(\d+))?$/.exec(text) ?? [];
  if (!FAULT_POINTS.some((point) => point === name)) throw new Error(`${KILL_VARIABLE}=${text} names no fault point`);
  let left = Number(count);
  return (point, passedDetail) => {
    if (point !== name || (detail !== undefined && detail !== passedDetail)) return;
    left -= 1;
    if (left === 0) process.kill(process.pid, 'SIGKILL');
  };
}

function traceTo(path: string): NonNullable<typeof passed> {
  const file = openSync(path, 'w', 0o600);
  const place = new Uint8Array(1);
  return (point) => {
    place[0] = FAULT_POINTS.indexOf(point);
    writeSync(file, place, 0, 1, 0);
  };
}
