import assert from 'node:assert/strict';
import { ACCEPT, type Answer } from '../../fake/otlp-endpoint.ts';
import type { ReceivedRecord } from '../../fake/received-record.ts';
import { CycleReplay } from './cycle-replay.ts';
import type { StoreRemains } from './store-remains.ts';

export interface LedgerOptions {
  /** Whether records that are refused alone may be overtaken by those behind them. */
  readonly refusesSome: boolean;
  /** Whether the outbox may get full. */
  readonly getsFull: boolean;
}

export interface LedgerFigures {
  /** Numbers that were ever given. */
  readonly committed: number;
  /** Different records that arrived. */
  readonly delivered: number;
  /** How often a record came that had arrived before. */
  readonly duplicates: number;
  /** That wait and have not arrived yet. */
  readonly waiting: number;
  readonly deadLetters: number;
  readonly evicted: number;
  /** Committed, and none of these. */
  readonly missing: number;
  readonly cycles: number;
}

interface Request {
  readonly run: number;
  readonly records: readonly ReceivedRecord[];
  readonly answer: Answer;
}

/**
 * Keeps the books of one data directory over any number of runs: what the endpoint was sent and how it answered, and what
 * each run left on disk. Asserts, after each run, that nothing was lost, and that nothing comes again but what was in
 * flight. It forgets what has left for good, so that its size does not grow with the runs.
 */
export class RecordLedger {
  readonly #options: LedgerOptions;
  readonly #cycles = new CycleReplay();
  #requests: Request[] = [];
  #before: StoreRemains | undefined;
  /** The cursor before the run that ended last. */
  #cursorBefore = 0;
  /** What was sent, and what lay in the outbox, by number. */
  readonly #sent = new Map<number, ReceivedRecord>();
  readonly #stored = new Map<number, string>();
  readonly #uids = new Map<number, string>();
  readonly #taken = new Set<number>();
  #highestTaken = 0;
  readonly #everDead = new Set<number>();
  readonly #evicted = new Set<number>();
  #delivered = 0;
  #duplicates = 0;

  constructor(options: LedgerOptions) {
    this.#options = options;
  }

  get figures(): LedgerFigures {
    const committed = (this.#before?.nextSeq ?? 1) - 1;
    const delivered = this.#delivered;
    const waiting = this.#countOfOthers(this.#before?.waiting.keys());
    const deadLetters = this.#countOfOthers(this.#before?.deadLetters.keys());
    const evicted = this.#countOfOthers(this.#evicted);
    const missing = committed - delivered - waiting - deadLetters - evicted;
    const cycles = this.#cycles.count;
    return { committed, delivered, duplicates: this.#duplicates, waiting, deadLetters, evicted, missing, cycles };
  }

  /** What the endpoint got of a run and how it answers; a request may be noted after the run has ended. */
  note(run: number, records: readonly ReceivedRecord[], answer: Answer): void {
    this.#requests.push({ run, records, answer });
  }

  /**
   * @param run numbers ascend
   * @param graceful it stopped by itself: then nothing may be in flight any more
   * @throws {AssertionError} for anything that does not hold
   */
  runEnded(run: number, remains: StoreRemains, { graceful }: { readonly graceful: boolean }): void {
    const cursor = this.#before?.deliveredThrough ?? 0;
    this.#keepsWhatItIs(remains);
    for (const seq of remains.deadLetters.keys()) this.#everDead.add(seq);
    const requests = this.#requests;
    this.#requests = [];
    for (const request of requests) {
      // One that was still under way when its run was looked at may hold what that run had not settled.
      this.#noteRequest(request, request.run === run ? cursor : this.#cursorBefore, remains.nextSeq);
    }
    this.#sendsAgainOnlyWhatWasInFlight(
      requests.filter((request) => request.run === run),
      remains,
      graceful,
    );
    this.#noteWaiting(remains);
    this.#nothingIsMissing(cursor, remains);
    for (let seq = this.#before?.nextSeq ?? 1; seq < remains.nextSeq; seq++) {
      this.#cycles.next(seq, this.#sent.get(seq) ?? remains.waiting.get(seq) ?? remains.deadLetters.get(seq));
    }
    this.#cycles.agreesWith(remains);
    this.#tellsWhatIsGivenUp(remains);
    this.#before = remains;
    this.#cursorBefore = cursor;
    this.#forgetThrough(cursor);
  }

  /** To be called when everything had time to leave. */
  allHasLeft(): void {
    assert.equal(this.#before?.waiting.size, 0, 'nothing waits any more');
    assert.equal(this.#before.retried.size, 0, 'no dead letter waits to be sent once more');
    assert.equal(this.figures.missing, 0, 'what arrived, and what was given up, is all');
  }

  /** How many did not arrive. */
  #countOfOthers(seqs: Iterable<number> = []): number {
    return [...seqs].filter((seq) => !this.#taken.has(seq)).length;
  }

  #keepsWhatItIs({ schema, instance, redactionKey, nextSeq, deliveredThrough }: StoreRemains): void {
    const before = this.#before;
    if (schema === undefined) assert.equal(nextSeq, 1, 'nothing is written before the version of the schema is');
    if (before === undefined) return;
    if (before.schema !== undefined) assert.equal(schema, before.schema);
    if (before.instance !== undefined) assert.deepEqual(instance, before.instance);
    if (before.redactionKey !== undefined) assert.equal(redactionKey, before.redactionKey);
    assert.ok(nextSeq >= before.nextSeq, `the next number went from ${before.nextSeq} back to ${nextSeq}`);
    assert.ok(deliveredThrough >= before.deliveredThrough, 'the cursor only goes forward');
  }

  #noteRequest({ records, answer }: Request, cursor: number, nextSeq: number): void {
    for (const record of records) {
      const { seq } = record;
      assert.ok(seq < nextSeq, `record ${seq} was sent and is not committed`);
      assert.ok(seq > cursor || this.#everDead.has(seq), `record ${seq} had left, and was sent again`);
      const before = this.#sent.get(seq);
      if (before !== undefined) assert.equal(record.content, before.content, `record ${seq} came again, and differs`);
      this.#sent.set(seq, record);
      this.#hasUid(seq, record.uid);
      if (!takes(answer)) continue;
      if (this.#taken.has(seq)) {
        this.#duplicates += 1;
        continue;
      }
      this.#taken.add(seq);
      this.#delivered += 1;
      if (!this.#options.refusesSome)
        assert.ok(seq > this.#highestTaken, `record ${seq} came after ${this.#highestTaken}`);
      this.#highestTaken = Math.max(this.#highestTaken, seq);
    }
  }

  #sendsAgainOnlyWhatWasInFlight(requests: readonly Request[], remains: StoreRemains, graceful: boolean): void {
    const inFlight = lastBatch(requests);
    for (const { records, answer } of requests) {
      if (answer !== ACCEPT) continue;
      for (const { seq } of records) {
        if (!remains.waiting.has(seq)) continue;
        assert.ok(!graceful && inFlight.has(seq), `record ${seq} was acknowledged and will be sent again`);
      }
    }
  }

  #noteWaiting({ waiting }: StoreRemains): void {
    for (const { seq, text, attributes } of waiting.values()) {
      const before = this.#stored.get(seq);
      if (before !== undefined) assert.equal(text, before, `record ${seq} has changed on disk`);
      this.#stored.set(seq, text);
      this.#hasUid(seq, String(attributes['log.record.uid']));
    }
    assert.equal(new Set(this.#uids.values()).size, this.#uids.size, 'no two records have one uid');
  }

  #hasUid(seq: number, uid: string): void {
    assert.equal(uid, this.#uids.get(seq) ?? uid, `record ${seq} has another uid`);
    this.#uids.set(seq, uid);
  }

  /** Each number that was given has arrived, waits, is a dead letter, or was given up because the outbox was full. */
  #nothingIsMissing(cursor: number, { deliveredThrough, nextSeq, waiting }: StoreRemains): void {
    for (let seq = cursor + 1; seq < nextSeq; seq++) {
      const isThere = seq <= deliveredThrough ? this.#taken.has(seq) || this.#everDead.has(seq) : waiting.has(seq);
      if (!isThere) this.#evicted.add(seq);
    }
    if (!this.#options.getsFull) assert.deepEqual([...this.#evicted], [], 'these left, and did not arrive');
  }

  #tellsWhatIsGivenUp({ untold }: StoreRemains): void {
    // What a record told that was given up itself is to be told anew.
    const told = [...this.#cycles.discards].filter(([seq]) => !this.#evicted.has(seq)).map(([, sum]) => sum);
    for (const [reason, given] of [
      ['outbox_full', this.#evicted],
      ['dead_letter', this.#everDead],
    ] as const) {
      const sums = [...told, ...untold].filter((sum) => sum.reason === reason);
      const count = sums.reduce((total, sum) => total + sum.count, 0);
      assert.equal(count, given.size, `as many as were given up (${reason}) are told`);
      for (const seq of given) {
        assert.ok(
          sums.some(({ first, last }) => first <= seq && seq <= last),
          `${seq} (${reason}) lies in a range that is told`,
        );
      }
    }
  }

  #forgetThrough(cursor: number): void {
    for (const known of [this.#sent, this.#stored, this.#uids, this.#taken]) {
      for (const seq of known.keys()) {
        if (seq <= cursor && !this.#everDead.has(seq)) known.delete(seq);
      }
    }
  }
}

/** What was sent last: the batch in flight, which may have been sent in parts. */
function lastBatch(requests: readonly Request[]): ReadonlySet<number> {
  let batch: ReadonlySet<number> = new Set();
  for (const { records } of requests) {
    if (!records.every(({ seq }) => batch.has(seq))) batch = new Set(records.map(({ seq }) => seq));
  }
  return batch;
}

function takes(answer: Answer): boolean {
  switch (answer.kind) {
    case 'reply':
      return answer.status < 300;
    case 'cut_after':
    case 'cut_answer':
    case 'drip':
      return true;
    case 'cut_before':
    case 'silent':
      return false;
    case 'held':
      return takes(answer.answer);
  }
}
