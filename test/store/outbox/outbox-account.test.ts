import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, type TestContext, test } from 'node:test';
import type { ForeignEvent } from '../../../src/event/collection-event.ts';
import { makeCommitter, thing } from '../../fake/committed-events.ts';
import { ManualClock } from '../../fake/manual-clock.ts';
import { openStore, scratchDirectory } from '../../fake/scratch-store.ts';
import { seededRandom } from '../../fake/seeded-random.ts';
import { CYCLES, HEALTH, LIFECYCLE, OBSERVED, range } from '../commit-rows.ts';
import { Receiver } from '../receiver.ts';

const MINUTE = 60_000;
const TOPICS = [
  OBSERVED,
  CYCLES,
  LIFECYCLE,
  'collector/process/findings',
  'collector/triggers/other',
  'collector/other',
];
const STEPS = 120;

describe('every number that was given out has arrived, or is told of in the range and the class it was of', () => {
  for (const seed of [1, 2, 3, 4, 5, 6]) {
    test(`whatever is committed, refused, acknowledged in part, given up or taken back (seed ${seed})`, async (t) => {
      const account = await RandomAccount.begin(t, seed);
      for (let step = 0; step < STEPS; step++) await account.step();
      const { receiver, topics } = await account.end();
      assert.deepEqual(
        [...topics.keys()].sort((a, b) => a - b),
        range(1, topics.size),
        'numbers start at 1 and leave none out',
      );
      const missing = Map.groupBy(
        [...topics].filter(([seq]) => !receiver.has(seq)),
        ([, topic]) => topic,
      );
      assert.ok(missing.size > 2 && receiver.count > 20, 'there is something to prove');
      assert.deepEqual([...receiver.told.keys()].sort(), [...missing.keys()].sort());
      for (const [topic, numbers] of missing) {
        const seqs = numbers.map(([seq]) => seq);
        const told = { count: seqs.length, first: Math.min(...seqs), last: Math.max(...seqs) };
        assert.deepEqual(receiver.told.get(topic), told, topic);
      }
    });
  }
});

/** A store of a small bound that everything is done to, in an order that depends on the seed alone. */
class RandomAccount {
  readonly receiver = new Receiver();
  /** What each number that was committed is of. */
  readonly topics = new Map<number, string>();
  readonly #t: TestContext;
  readonly #directory: string;
  readonly #random: () => number;
  readonly #clock = new ManualClock();
  #opened!: Awaited<ReturnType<RandomAccount['open']>>;

  private constructor(t: TestContext, seed: number) {
    this.#t = t;
    this.#directory = scratchDirectory(t);
    this.#random = seededRandom(seed);
  }

  static async begin(t: TestContext, seed: number): Promise<RandomAccount> {
    const account = new RandomAccount(t, seed);
    account.#opened = await account.open(60_000);
    return account;
  }

  async open(outboxMaxBytes: number) {
    const options = { directory: this.#directory, outboxMaxBytes, outboxMaxAgeMillis: 20 * MINUTE, clock: this.#clock };
    const store = await openStore(this.#t, options);
    return { store, committer: makeCommitter(store, { clock: this.#clock }) };
  }

  async step(): Promise<void> {
    const choice = this.#below(20);
    this.#clock.advance(this.#below(2 * MINUTE));
    if (choice < 11) this.#commit();
    else if (choice < 13) this.#failToCommit();
    else if (choice < 18) this.#deliver();
    else if (choice < 19) this.#clock.advance(10 * MINUTE);
    else {
      await this.#opened.store.close();
      this.#opened = await this.open(40_000 + this.#below(60_000));
    }
  }

  /** Everything that is left arrives. */
  async end() {
    this.#opened.store.outbox.release();
    this.receiver.receiveAll(this.#opened.store);
    return this;
  }

  #commit(): void {
    const { committer } = this.#opened;
    const events = this.#events();
    const { firstSeq, lastSeq } = committer.commit({ events, observedAtMillis: this.#clock.wallMillis() });
    for (let seq = firstSeq; seq <= lastSeq; seq++) this.topics.set(seq, events[seq - firstSeq]?.topic ?? HEALTH);
  }

  /** When all of it has been written, evicted and told. */
  #failToCommit(): void {
    const { store, committer } = this.#opened;
    const before = [store.outbox.nextSeq, store.outbox.recordCount, store.outbox.byteCount];
    const events = this.#events();
    const failing = function* () {
      yield* events;
      store.outbox.flush();
      throw new Error('no');
    };
    assert.throws(() => committer.commit({ events: failing(), observedAtMillis: 1 }), { message: 'no' });
    assert.deepEqual([store.outbox.nextSeq, store.outbox.recordCount, store.outbox.byteCount], before);
  }

  /** One batch: refused as such, or accepted in part, with what is committed while it is in flight. */
  #deliver(): void {
    const { store } = this.#opened;
    const { outbox } = store;
    const batch = outbox.take({ maxRecords: 1 + this.#below(60), maxBytes: 1e6, acrossTopics: this.#below(2) === 0 });
    for (let commits = this.#below(3); commits > 0; commits--) this.#commit();
    const settled = batch.slice(0, this.#below(batch.length + 2));
    const last = settled.at(-1);
    if (last !== undefined) {
      store.transact(() => {
        for (const record of settled) {
          if (this.#below(40) > 0) this.receiver.receive(record);
          else {
            // Kept for a person to look at, with what it tells.
            this.receiver.hear(record);
            const { seq, topic } = record;
            outbox.deadLetters.put({ ...record, reason: 'answered 400', refusedAtMillis: 1 });
            outbox.discards.add({ topic, reason: 'dead_letter', count: 1, first: seq, last: seq });
          }
        }
        outbox.settle(last.seq);
      });
    }
    if (this.#below(2) === 0) outbox.release();
  }

  #events(): readonly ForeignEvent[] {
    return Array.from({ length: this.#below(5) }, () => {
      const topic = TOPICS[this.#below(TOPICS.length)] as string;
      const body = randomBytes(this.#below(5) === 0 ? 4_000 : 50).toString('hex');
      return Array.from({ length: 1 + this.#below(12) }, () => thing({ topic, body }));
    }).flat();
  }

  #below(count: number): number {
    return Math.floor(this.#random() * count);
  }
}
