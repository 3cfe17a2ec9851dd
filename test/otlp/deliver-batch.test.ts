import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type BatchResult, deliverBatch } from '../../src/otlp/deliver-batch.ts';
import type { ExportOutcome } from '../../src/otlp/export-outcome.ts';
import { seededRandom } from '../fake/seeded-random.ts';

type Refusal = Exclude<ExportOutcome, { readonly kind: 'accepted' }>;

const REFUSED: Refusal = { kind: 'refused', reason: 'rejected', message: 'answered 400' };
const TOO_LARGE: Refusal = { kind: 'too_large', reason: 'too_large', message: 'answered 413' };
const BUSY: Refusal = { kind: 'retry', reason: 'unavailable', message: 'answered 503', retryAfterMillis: undefined };

/** An endpoint of opinions, and the outbox before it: records are sequence numbers from 1 on. */
class World {
  readonly sent: (readonly number[])[] = [];
  readonly acceptedSeqs: number[] = [];
  readonly deadLetters = new Map<number, string>();
  settledThrough = 0;
  expectRefusal = false;
  readonly #judge: (seqs: readonly number[], request: number) => Refusal | undefined;
  readonly #size: number;
  #acceptedAtRequest: number[] = [];

  constructor(size: number, judge: (seqs: readonly number[], request: number) => Refusal | undefined) {
    this.#size = size;
    this.#judge = judge;
  }

  /** One batch of at most `maxRecords` from where it stands. */
  async deliver(maxRecords = 512): Promise<BatchResult> {
    const first = this.settledThrough + 1;
    const count = Math.min(maxRecords, this.#size - this.settledThrough);
    const batch = Array.from({ length: count }, (_, index) => ({ seq: first + index }));
    const result = await deliverBatch(
      batch,
      {
        send: async (records) => this.#send(records.map(({ seq }) => seq)),
        accepted: (records) => this.acceptedSeqs.push(...records.map(({ seq }) => seq)),
        settle: (throughSeq, refused) => {
          assert.ok(throughSeq > this.settledThrough, 'the cursor moves forward');
          for (const { record, message } of refused) {
            this.#assertDeserved(record.seq);
            this.deadLetters.set(record.seq, message);
          }
          for (let seq = this.settledThrough + 1; seq <= throughSeq; seq++) {
            assert.ok(this.acceptedSeqs.includes(seq) || this.deadLetters.has(seq), `${seq} leaves for a reason`);
          }
          this.settledThrough = throughSeq;
        },
      },
      this.expectRefusal,
    );
    this.expectRefusal = result.kind === 'stopped' && result.outcome.kind !== 'retry';
    return result;
  }

  #send(seqs: readonly number[]): ExportOutcome {
    this.sent.push(seqs);
    const refusal = this.#judge(seqs, this.sent.length);
    if (refusal !== undefined) return refusal;
    this.#acceptedAtRequest.push(this.sent.length);
    return { kind: 'accepted', rejected: 0, message: undefined };
  }

  /** Refused alone, then another accepted, then refused alone once more. */
  #assertDeserved(seq: number): void {
    const alone = this.sent.flatMap((seqs, index) => (seqs.length === 1 && seqs[0] === seq ? [index + 1] : []));
    const [first = 0, last = 0] = [alone[0], alone.at(-1)];
    assert.ok(
      this.#acceptedAtRequest.some((request) => request > first && request < last),
      `${seq} was given up though nothing was accepted since it was refused`,
    );
  }
}

function poison(...bad: readonly number[]) {
  return (seqs: readonly number[]) => (seqs.some((seq) => bad.includes(seq)) ? REFUSED : undefined);
}

test('sends a batch once and settles it once when it is accepted', async () => {
  const world = new World(100, () => undefined);
  assert.deepEqual(await world.deliver(), { kind: 'delivered', tooLarge: false });
  assert.deepEqual([world.sent.length, world.settledThrough], [1, 100]);
});

describe('poison', () => {
  const cases: readonly [string, number, readonly number[]][] = [
    ['first', 8, [1]],
    ['in the middle', 8, [4]],
    ['first of two', 2, [1]],
    ['two side by side', 8, [4, 5]],
    ['two apart', 9, [2, 8]],
    ['first and one before the last', 512, [1, 511]],
    ['every other one', 16, [1, 3, 5, 7, 9, 11, 13, 15]],
    ['in a batch of odd length', 13, [7]],
  ];
  for (const [where, size, bad] of cases) {
    test(`${where} is given up alone; all others are delivered, in order`, async () => {
      const world = new World(size, poison(...bad));
      assert.equal((await world.deliver()).kind, 'delivered');
      assert.deepEqual([...world.deadLetters.keys()], bad);
      assert.deepEqual(new Set(world.deadLetters.values()), new Set(['answered 400']));
      assert.deepEqual(
        world.acceptedSeqs,
        Array.from({ length: size }, (_, index) => index + 1).filter((seq) => !bad.includes(seq)),
      );
    });
  }

  const waiting: readonly [string, number, readonly number[], number][] = [
    ['last', 8, [8], 7],
    ['last two', 8, [7, 8], 6],
    ['alone', 1, [1], 0],
  ];
  for (const [where, size, bad, delivered] of waiting) {
    test(`${where} waits for a record behind it to prove the endpoint well`, async () => {
      const world = new World(size, poison(...bad));
      assert.deepEqual(await world.deliver(), { kind: 'stopped', outcome: REFUSED });
      assert.deepEqual([world.settledThrough, world.deadLetters.size], [delivered, 0]);
      assert.equal((await world.deliver()).kind, 'stopped', 'as long as there is none');
      assert.equal(world.deadLetters.size, 0);

      const grown = new World(size + 1, poison(...bad));
      grown.settledThrough = world.settledThrough;
      grown.expectRefusal = world.expectRefusal;
      assert.equal((await grown.deliver()).kind, 'delivered');
      assert.deepEqual([...grown.deadLetters.keys()], bad);
    });
  }

  test('of any number in a row does not keep what is behind it for ever', async () => {
    const bad = Array.from({ length: 100 }, (_, index) => index + 1);
    const world = new World(400, poison(...bad));
    assert.equal(
      (await world.deliver()).kind,
      'stopped',
      'so many in a row look like an endpoint that refuses everything',
    );
    assert.equal((await world.deliver()).kind, 'delivered', 'but a probe finds out');
    assert.deepEqual([...world.deadLetters.keys()], bad);
    assert.equal(world.settledThrough, 400);
  });

  test('that is refused once and accepted the next time is no poison', async () => {
    let refused = 0;
    const world = new World(8, (seqs) => (seqs.includes(3) && refused++ < 4 ? REFUSED : undefined));
    assert.equal((await world.deliver()).kind, 'delivered');
    assert.equal(world.deadLetters.size, 0);
    assert.equal(world.settledThrough, 8);
  });
});

describe('an endpoint that refuses everything', () => {
  test('costs no record, whatever the batch, and few requests', async () => {
    for (const size of [1, 2, 15, 17, 512]) {
      const world = new World(size, () => REFUSED);
      for (let attempt = 0; attempt < 10; attempt++) {
        const before = world.sent.length;
        assert.deepEqual(await world.deliver(), { kind: 'stopped', outcome: REFUSED });
        assert.ok(world.sent.length - before <= (attempt === 0 ? 45 : 10));
        if (attempt > 0)
          assert.ok(
            world.sent.slice(before).every((seqs) => seqs.length === 1),
            'single records find out',
          );
      }
      assert.deepEqual([world.settledThrough, world.deadLetters.size], [0, 0]);
    }
  });

  test('gets everything, in order, once it is well', async () => {
    let ill = true;
    const world = new World(300, () => (ill ? REFUSED : undefined));
    await world.deliver();
    ill = false;
    assert.equal((await world.deliver()).kind, 'delivered');
    assert.equal(world.settledThrough, 300);
    assert.deepEqual(
      world.acceptedSeqs,
      Array.from({ length: 300 }, (_, index) => index + 1),
      'each counted once',
    );
  });

  test('and then falls silent is a matter of time', async () => {
    const world = new World(300, (_, request) => (request < 5 ? REFUSED : BUSY));
    assert.deepEqual(await world.deliver(), { kind: 'stopped', outcome: BUSY });
    assert.equal(world.settledThrough, 0);
  });
});

describe('what is too large', () => {
  const limit = (most: number) => (seqs: readonly number[]) => (seqs.length > most ? TOO_LARGE : undefined);

  test('is halved until it fits, and nothing of it is given up', async () => {
    const world = new World(100, limit(10));
    assert.deepEqual(await world.deliver(), { kind: 'delivered', tooLarge: true });
    assert.equal(world.settledThrough, 100);
    assert.equal(world.deadLetters.size, 0);
    assert.deepEqual(
      world.acceptedSeqs,
      Array.from({ length: 100 }, (_, index) => index + 1),
    );
  });

  test('alone is given up when others are not, wherever it is', async () => {
    for (const huge of [1, 5, 15]) {
      const world = new World(16, (seqs) => (seqs.includes(huge) ? TOO_LARGE : undefined));
      assert.equal((await world.deliver()).kind, 'delivered');
      assert.deepEqual([...world.deadLetters], [[huge, 'answered 413']]);
    }
  });

  test('each by itself costs no record: then the limit is wrong, not the records', async () => {
    const world = new World(600, () => TOO_LARGE);
    for (let attempt = 0; attempt < 5; attempt++)
      assert.deepEqual(await world.deliver(), { kind: 'stopped', outcome: TOO_LARGE });
    assert.deepEqual([world.settledThrough, world.deadLetters.size], [0, 0]);
  });
});

test('keeps what was accepted before the endpoint fell silent, and gives nothing up for it', async () => {
  for (let silentFrom = 1; silentFrom < 30; silentFrom++) {
    const world = new World(32, (seqs, request) => (request >= silentFrom ? BUSY : poison(5, 20)(seqs)));
    const result = await world.deliver();
    if (result.kind === 'stopped') assert.equal(result.outcome, BUSY);
    for (const seq of world.deadLetters.keys()) assert.ok([5, 20].includes(seq));
  }
});

test('delivers or puts aside exactly what it should, whatever goes wrong (random, seeded)', async () => {
  for (let seed = 1; seed <= 300; seed++) {
    const random = seededRandom(seed);
    const size = 1 + Math.floor(random() * 60);
    const bad = new Set(
      Array.from({ length: size }, (_, index) => index + 1).filter((seq) => seq < size && random() < 0.2),
    );
    const most = 1 + Math.floor(random() * size);
    const world = new World(size, (seqs) => {
      const luck = random();
      if (luck < 0.1) return BUSY;
      if (seqs.length > most) return TOO_LARGE;
      return seqs.some((seq) => bad.has(seq)) ? REFUSED : undefined;
    });
    for (let attempt = 0; world.settledThrough < size; attempt++) {
      assert.ok(attempt < 500, `seed ${seed} gets nowhere`);
      await world.deliver(1 + Math.floor(random() * size));
    }
    assert.deepEqual([...world.deadLetters.keys()], [...bad], `seed ${seed}`);
    const delivered = new Set(world.acceptedSeqs);
    for (const seq of bad) assert.ok(!delivered.has(seq), `seed ${seed}`);
    assert.equal(delivered.size + bad.size, size, `seed ${seed}`);
  }
});
