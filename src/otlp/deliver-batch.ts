import type { ExportOutcome } from './export-outcome.ts';

/** One record of a batch: all this file needs to know of it. */
export interface Deliverable {
  readonly seq: number;
}

export interface BatchPorts<R extends Deliverable> {
  readonly send: (records: readonly R[]) => Promise<ExportOutcome>;
  /** Removes everything up to `throughSeq`; `refused` of it goes to the dead letters. One transaction. */
  readonly settle: (throughSeq: number, refused: readonly Refused<R>[]) => void;
  readonly accepted: (records: readonly R[], outcome: ExportOutcome & { readonly kind: 'accepted' }) => void;
}

export interface Refused<R> {
  readonly record: R;
  readonly message: string;
}

/** `stopped`: what is left of the batch stays in the outbox, for the reason given. */
export type BatchResult =
  /** `tooLarge`: only in smaller parts. */
  | { readonly kind: 'delivered'; readonly tooLarge: boolean }
  | { readonly kind: 'stopped'; readonly outcome: Exclude<ExportOutcome, { readonly kind: 'accepted' }> };

/** So many records refused one by one with none accepted are no coincidence: the endpoint refuses everything. */
const MAX_SUSPECTS_UNDER_SUSPICION = 16;

/** How many single records are tried when everything was refused the last time. */
const PROBES = 8;

/**
 * Delivers a batch in order. When the endpoint refuses it as such (400) or finds it too large, it is halved until the
 * records at fault stand alone. A record that was refused alone is given up only after the endpoint has accepted another
 * one since and refuses it once more; as long as everything is refused nothing is given up.
 *
 * @param expectRefusal true when everything was refused the last time: then single records are tried first, not all of it
 */
export async function deliverBatch<R extends Deliverable>(
  batch: readonly R[],
  ports: BatchPorts<R>,
  expectRefusal: boolean,
): Promise<BatchResult> {
  if (expectRefusal) {
    const refusal = await probe(batch, ports);
    if (refusal !== undefined) return { kind: 'stopped', outcome: refusal };
  }
  const outcome = await ports.send(batch);
  switch (outcome.kind) {
    case 'accepted':
      ports.accepted(batch, outcome);
      ports.settle(lastSeq(batch), []);
      return { kind: 'delivered', tooLarge: false };
    case 'retry':
      return { kind: 'stopped', outcome };
    case 'too_large':
    case 'refused':
      // What a probe has just shown to accept records does not refuse everything.
      return isolate(batch, ports, outcome, expectRefusal);
  }
}

type Refusal = Exclude<ExportOutcome, { readonly kind: 'accepted' }>;

/** undefined as soon as one is accepted (it will be sent again in its place: equal uid, equal content). */
async function probe<R extends Deliverable>(batch: readonly R[], ports: BatchPorts<R>): Promise<Refusal | undefined> {
  const step = Math.ceil(batch.length / PROBES);
  let refusal: Refusal | undefined;
  for (let index = 0; index < batch.length; index += step) {
    const outcome = await ports.send(batch.slice(index, index + 1));
    if (outcome.kind === 'accepted') return undefined;
    refusal = outcome;
    if (outcome.kind === 'retry') return refusal;
  }
  return refusal;
}

async function isolate<R extends Deliverable>(
  batch: readonly R[],
  ports: BatchPorts<R>,
  refusal: Refusal,
  endpointIsWell: boolean,
): Promise<BatchResult> {
  let last = refusal;
  let suspects: R[] = batch.length === 1 ? [...batch] : [];
  let acceptedAny = endpointIsWell;
  const ranges: (readonly R[])[] = batch.length === 1 ? [] : halves(batch);
  for (let range = ranges.shift(); range !== undefined; range = ranges.shift()) {
    const outcome = await ports.send(range);
    if (outcome.kind === 'retry') return { kind: 'stopped', outcome };
    if (outcome.kind === 'accepted') {
      acceptedAny = true;
      ports.accepted(range, outcome);
      const verdict = await judge(suspects, ports);
      if (verdict.kind !== 'judged') return { kind: 'stopped', outcome: verdict };
      ports.settle(lastSeq(range), verdict.refused);
      suspects = [];
      continue;
    }
    last = outcome;
    if (range.length > 1) ranges.unshift(...halves(range));
    else suspects.push(...range);
    if (!acceptedAny && suspects.length >= MAX_SUSPECTS_UNDER_SUSPICION) return { kind: 'stopped', outcome: last };
  }
  // Nothing has been accepted since these were refused: they wait for a record behind them to prove the endpoint well.
  return suspects.length > 0
    ? { kind: 'stopped', outcome: last }
    : { kind: 'delivered', tooLarge: refusal.kind === 'too_large' };
}

/** The endpoint has just accepted another record: what it refuses now, alone, is refused for its content. */
async function judge<R extends Deliverable>(
  suspects: readonly R[],
  ports: BatchPorts<R>,
): Promise<{ readonly kind: 'judged'; readonly refused: readonly Refused<R>[] } | Refusal> {
  const refused: Refused<R>[] = [];
  for (const record of suspects) {
    const outcome = await ports.send([record]);
    if (outcome.kind === 'retry') return outcome;
    if (outcome.kind === 'accepted') ports.accepted([record], outcome);
    else refused.push({ record, message: outcome.message });
  }
  return { kind: 'judged', refused };
}

function halves<R>(range: readonly R[]): [readonly R[], readonly R[]] {
  const middle = range.length >>> 1;
  return [range.slice(0, middle), range.slice(middle)];
}

function lastSeq(range: readonly Deliverable[]): number {
  return (range.at(-1) as Deliverable).seq;
}
