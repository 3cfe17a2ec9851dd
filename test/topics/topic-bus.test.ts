import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Delivered, Subscription } from '../../src/topics/subscription.ts';
import { TopicBus } from '../../src/topics/topic-bus.ts';
import { seededRandom } from '../fake/seeded-random.ts';

const TOPIC = 'collector/test/events';

suite('a subscription', () => {
  test('is given what is published on its topics, from then on and in order', async () => {
    const bus = new TopicBus<number>();
    bus.publish('a/x', 1);
    const subscription = bus.subscribe('a/+');
    bus.publish('a/x', 2);
    bus.publish('b/x', 3);
    bus.publish('a/y', 4);
    bus.publish('a', 5);
    assert.deepEqual(await rest(bus, subscription), [
      { topic: 'a/x', message: 2, dropped: 0 },
      { topic: 'a/y', message: 4, dropped: 0 },
    ]);
  });

  test('waits for what is not there yet', async () => {
    const bus = new TopicBus<string>();
    const reader = bus.subscribe('#')[Symbol.asyncIterator]();
    for (const message of ['one', 'two']) {
      const next = reader.next();
      await settled();
      bus.publish(TOPIC, message);
      assert.equal((await next).value?.message, message);
    }
  });

  test('gives the same message, not a copy, to everyone who is to have it, once for each subscription', async () => {
    const bus = new TopicBus<object>();
    const subscriptions = ['#', '#', TOPIC, 'collector/+/events', 'collector/#'].map((pattern) =>
      bus.subscribe(pattern),
    );
    const message = {};
    bus.publish(TOPIC, message);
    for (const subscription of subscriptions) {
      const delivered = await rest(bus, subscription);
      assert.equal(delivered.length, 1);
      assert.equal(delivered[0]?.message, message);
    }
  });

  test('that is behind loses the oldest, and is told how many with the next', async () => {
    const bus = new TopicBus<number>();
    const subscription = bus.subscribe('#', { maxQueued: 3 });
    const reader = subscription[Symbol.asyncIterator]();
    const publish = (from: number, to: number) => {
      for (let message = from; message <= to; message++) bus.publish(TOPIC, message);
    };
    const taken: [number | undefined, number | undefined][] = [];
    const take = async () => {
      const { message, dropped } = (await reader.next()).value ?? {};
      taken.push([message, dropped]);
    };
    publish(1, 15);
    assert.deepEqual([subscription.queued, subscription.dropped], [3, 12]);
    await take();
    await take();
    publish(16, 18);
    assert.deepEqual([subscription.queued, subscription.dropped], [3, 13]);
    await take();
    await take();
    await take();
    publish(19, 19);
    await take();
    assert.deepEqual(taken, [
      [13, 12],
      [14, 0],
      [16, 1],
      [17, 0],
      [18, 0],
      [19, 0],
    ]);
    assert.deepEqual([subscription.queued, subscription.dropped], [0, 13]);
  });

  test('has room for a thousand, if nothing else is said', () => {
    const bus = new TopicBus<number>();
    const subscription = bus.subscribe('#');
    for (let message = 0; message < 1_001; message++) bus.publish(TOPIC, message);
    assert.deepEqual([subscription.queued, subscription.dropped], [1_000, 1]);
  });

  test('that is stuck takes nothing from the others', async () => {
    const bus = new TopicBus<number>();
    const stuck = bus.subscribe('#', { maxQueued: 2 });
    const waiting = stuck[Symbol.asyncIterator]();
    bus.publish(TOPIC, -1);
    await waiting.next();
    const live = bus.subscribe('#', { maxQueued: 500 });
    const seen: number[] = [];
    const reading = (async () => {
      for await (const { message, dropped } of live) {
        assert.equal(dropped, 0);
        seen.push(message);
      }
    })();
    for (let message = 0; message < 5_000; message++) {
      bus.publish(TOPIC, message);
      if (message % 500 === 499) await settled();
    }
    bus.close();
    await reading;
    assert.equal(seen.length, 5_000);
    assert.ok(seen.every((message, index) => message === index));
    assert.deepEqual([stuck.queued, stuck.dropped, live.dropped], [2, 4_998, 0]);
  });

  test('whose reader throws is closed, and nobody else hears of it', async () => {
    const bus = new TopicBus<number>();
    const broken = bus.subscribe('#');
    const other = bus.subscribe('#');
    const failing = (async () => {
      for await (const { message } of broken) if (message === 2) throw new Error('cannot read 2');
    })();
    const failure = assert.rejects(failing, /cannot read 2/);
    for (const message of [1, 2, 3, 4]) {
      bus.publish(TOPIC, message);
      await settled();
    }
    await failure;
    assert.equal(broken.queued, 0);
    assert.deepEqual(messages(await rest(bus, other)), [1, 2, 3, 4]);
  });

  test('is over when its reader leaves the loop', async () => {
    const bus = new TopicBus<number>();
    const subscription = bus.subscribe('#');
    bus.publish(TOPIC, 1);
    for await (const { message } of subscription) if (message === 1) break;
    assert.equal(bus.hasSubscribers(TOPIC), false);
    bus.publish(TOPIC, 2);
    assert.deepEqual(await rest(bus, subscription), []);
  });
});

suite('closing a subscription', () => {
  test('ends the iteration that waits', async () => {
    const bus = new TopicBus<number>();
    const subscription = bus.subscribe('#');
    const reading = all(subscription);
    await settled();
    subscription.close();
    subscription.close();
    assert.deepEqual(await reading, []);
    assert.equal(bus.hasSubscribers(TOPIC), false);
  });

  test('ends the iteration that is in the middle, with what is queued', async () => {
    const bus = new TopicBus<number>();
    const subscription = bus.subscribe('#');
    for (const message of [1, 2, 3]) bus.publish(TOPIC, message);
    const seen: number[] = [];
    for await (const { message } of subscription) {
      seen.push(message);
      if (message === 2) subscription.close();
    }
    assert.deepEqual(seen, [1, 2]);
    assert.equal(subscription.queued, 0);
  });

  test('follows its signal', async () => {
    const bus = new TopicBus<number>();
    const stop = new AbortController();
    const reading = all(bus.subscribe('#', { signal: stop.signal }));
    await settled();
    stop.abort();
    assert.deepEqual(await reading, []);
    assert.equal(bus.hasSubscribers(TOPIC), false);
    assert.deepEqual(await all(bus.subscribe('#', { signal: stop.signal })), []);
    assert.equal(bus.hasSubscribers(TOPIC), false);
  });
});

suite('closing the bus', () => {
  test('ends every iteration after what it has queued, and every later one at once', async () => {
    const bus = new TopicBus<number>();
    const [behind, waiting] = [bus.subscribe('#'), bus.subscribe('other')];
    const reading = all(waiting);
    for (const message of [1, 2]) bus.publish(TOPIC, message);
    bus.close();
    bus.close();
    bus.publish(TOPIC, 3);
    assert.deepEqual(messages(await all(behind)), [1, 2]);
    assert.deepEqual(await reading, []);
    assert.deepEqual(await all(bus.subscribe('#')), []);
    assert.equal(bus.hasSubscribers(TOPIC), false);
  });
});

suite('a bus', () => {
  test('knows for each topic whether anybody listens, also after one came or went', () => {
    const bus = new TopicBus<number>();
    const heard = () => ['a', 'a/b', 'a/b/c'].map((topic) => bus.hasSubscribers(topic));
    assert.deepEqual(heard(), [false, false, false]);
    const one = bus.subscribe('a/+');
    assert.deepEqual(heard(), [false, true, false]);
    const two = bus.subscribe('a/b/#');
    assert.deepEqual(heard(), [false, true, true]);
    one.close();
    assert.deepEqual(heard(), [false, true, true]);
    two.close();
    assert.deepEqual(heard(), [false, false, false]);
  });

  test('serves more topics than it remembers', async () => {
    const bus = new TopicBus<number>();
    const subscription = bus.subscribe('many/+/even', { maxQueued: 10_000 });
    for (let round = 0; round < 2; round++) {
      for (let index = 0; index < 3_000; index++) {
        bus.publish(`many/${index}/${index % 2 === 0 ? 'even' : 'odd'}`, index);
      }
    }
    const seen = messages(await rest(bus, subscription));
    assert.equal(seen.length, 3_000);
    assert.ok(seen.every((message, index) => message === (index * 2) % 3_000));
  });

  test('refuses an illegal topic and an illegal pattern, and says where it is wrong', () => {
    const bus = new TopicBus<number>();
    const code = 'TOPIC_INVALID';
    const publishing = /^cannot publish on "a\/B": segment 2 \("B"\) has "B"/;
    for (let again = 0; again < 2; again++) {
      assert.throws(() => bus.publish('a/B', 1), { code, message: publishing });
      assert.throws(() => bus.hasSubscribers('a/B'), { code, message: publishing });
    }
    assert.throws(() => bus.publish('a/+', 1), { code });
    assert.throws(() => bus.subscribe('a/*'), {
      code,
      message: /^cannot subscribe to "a\/\*": segment 2 \("\*"\) has "\*"/,
    });
    assert.equal(bus.hasSubscribers('a/b'), false);
  });

  test('has a bounded number of subscriptions, and room again when one is closed', () => {
    const bus = new TopicBus<number>({ maxSubscriptions: 2 });
    const subscriptions = [bus.subscribe('a'), bus.subscribe('a')];
    const third = () => bus.subscribe('a');
    assert.throws(third, {
      code: 'SUBSCRIPTION_REFUSED',
      message: /^cannot subscribe to "a": 2 subscriptions are open/,
    });
    subscriptions[0]?.close();
    third();
    assert.throws(third, { code: 'SUBSCRIPTION_REFUSED' });
    const many = new TopicBus<number>();
    for (let count = 0; count < 256; count++) many.subscribe('#');
    assert.throws(() => many.subscribe('#'), { code: 'SUBSCRIPTION_REFUSED' });
  });

  for (const maxQueued of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 1_000_001]) {
    test(`refuses a queue of ${maxQueued}`, () => {
      const bus = new TopicBus<number>();
      assert.throws(() => bus.subscribe('a', { maxQueued }), {
        code: 'SUBSCRIPTION_REFUSED',
        message: `cannot subscribe to "a": maxQueued is ${maxQueued}, it must be a whole number from 1 to 1000000`,
      });
      assert.equal(bus.hasSubscribers('a'), false);
    });
  }
});

test('each subscription has what it should, whoever comes, goes and reads when (random, seeded)', async () => {
  const random = seededRandom(11);
  const draw = <Item>(items: readonly Item[]) => items[Math.floor(random() * items.length)] as Item;
  const topics = ['a', 'a/b', 'a/c', 'a/b/c', 'b', 'b/c'];
  const patterns: Readonly<Record<string, readonly string[]>> = {
    '#': topics,
    'a/#': ['a', 'a/b', 'a/c', 'a/b/c'],
    '+': ['a', 'b'],
    '+/c': ['a/c', 'b/c'],
    'a/+': ['a/b', 'a/c'],
    'a/b': ['a/b'],
    'c/#': [],
  };
  const bus = new TopicBus<number>();
  let readers: Reader[] = [];
  for (let message = 0; message < 20_000; message++) {
    const chance = random();
    if (chance < 0.02 && readers.length < 20)
      readers.push(new Reader(bus, draw(Object.keys(patterns)), draw([1, 2, 7, 50])));
    if (chance > 0.985 && readers.length > 0) {
      const leaving = draw(readers);
      await leaving.leave();
      readers = readers.filter((reader) => reader !== leaving);
    }
    const topic = draw(topics);
    bus.publish(topic, message);
    for (const reader of readers) if (patterns[reader.pattern]?.includes(topic)) reader.expect(message);
    if (random() < 0.4 && readers.length > 0) await draw(readers).takeOne();
  }
  for (const reader of readers) await reader.leave();
});

/** A subscription beside a plain list of what it must give. */
class Reader {
  readonly pattern: string;
  readonly #maxQueued: number;
  readonly #subscription: Subscription<number>;
  readonly #iterator: AsyncIterator<Delivered<number>>;
  readonly #expected: number[] = [];
  #dropped = 0;

  constructor(bus: TopicBus<number>, pattern: string, maxQueued: number) {
    this.pattern = pattern;
    this.#maxQueued = maxQueued;
    this.#subscription = bus.subscribe(pattern, { maxQueued });
    this.#iterator = this.#subscription[Symbol.asyncIterator]();
  }

  expect(message: number): void {
    this.#expected.push(message);
    if (this.#expected.length <= this.#maxQueued) return;
    this.#expected.shift();
    this.#dropped += 1;
  }

  async takeOne(): Promise<void> {
    assert.equal(this.#subscription.queued, this.#expected.length);
    if (this.#expected.length === 0) return;
    const { value } = await this.#iterator.next();
    assert.deepEqual([value.message, value.dropped], [this.#expected.shift(), this.#dropped]);
    this.#dropped = 0;
  }

  async leave(): Promise<void> {
    while (this.#expected.length > 0) await this.takeOne();
    this.#subscription.close();
    assert.equal((await this.#iterator.next()).done, true);
  }
}

/** What a subscription still gives when the bus is closed. */
function rest<Message>(bus: TopicBus<Message>, subscription: Subscription<Message>): Promise<Delivered<Message>[]> {
  bus.close();
  return all(subscription);
}

async function all<Message>(subscription: Subscription<Message>): Promise<Delivered<Message>[]> {
  const delivered: Delivered<Message>[] = [];
  for await (const one of subscription) delivered.push(one);
  return delivered;
}

function messages<Message>(delivered: readonly Delivered<Message>[]): readonly Message[] {
  return delivered.map(({ message }) => message);
}

/** Every reader has come as far as it can. */
function settled(): Promise<void> {
  return new Promise(setImmediate);
}
