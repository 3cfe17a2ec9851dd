import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { DEFAULT_EVICTION_RANK, evictionRank, TOPIC_TABLE, topicProblem } from '../../src/topics/topic-table.ts';

suite('a topic', () => {
  for (const topic of [
    'a',
    'collector/process/events',
    'sensor_1/net-flow',
    '0/9',
    'a/b/c/d/e/f/g/h',
    `${'a'.repeat(127)}/${'b'.repeat(128)}`,
  ]) {
    test(`may be ${topic.slice(0, 40)}`, () => assert.equal(topicProblem(topic), undefined));
  }

  for (const [topic, problem] of [
    ['', /segment 1 \(""\)/],
    ['/a', /segment 1 \(""\)/],
    ['a/', /segment 2 \(""\)/],
    ['a//b', /segment 2 \(""\)/],
    ['a/B', /segment 2 \("B"\)/],
    ['a/b c', /segment 2 \("b c"\)/],
    ['a/b.c', /segment 2/],
    ['a/é', /segment 2/],
    ['a/+', /segment 2 \("\+"\)/],
    ['a/#', /segment 2 \("#"\)/],
    ['*', /segment 1 \("\*"\)/],
    ['a\nb', /segment 1 \("a\\nb"\)/],
    ['a/b/c/d/e/f/g/h/i', /it has 9 segments, at most 8 are allowed/],
    ['a'.repeat(257), /it has 257 bytes, at most 256 are allowed/],
  ] as const) {
    test(`may not be ${JSON.stringify(topic.slice(0, 40))}, and the place is named`, () => {
      assert.match(topicProblem(topic) ?? '', problem);
    });
  }
});

suite('the topic table', () => {
  test('has legal topics, each once, and event names of one topic each', () => {
    const topics = TOPIC_TABLE.map(({ topic }) => topic);
    assert.equal(new Set(topics).size, topics.length);
    for (const topic of topics) assert.equal(topicProblem(topic), undefined);
    const names = TOPIC_TABLE.flatMap(({ eventNames }) => eventNames);
    assert.equal(new Set(names).size, names.length);
    for (const name of names) assert.match(name, /^procmond\.[a-z]+\.[a-z_]+$/);
  });

  test('gives up what can be told again first, and what happened to procmond last', () => {
    const byRank = TOPIC_TABLE.toSorted((a, b) => a.evictionRank - b.evictionRank).map(({ topic }) => topic);
    assert.deepEqual(byRank, [
      'collector/process/events',
      'collector/process/cycles',
      'collector/process/lifecycle',
      'collector/agent/health',
    ]);
  });

  test('keeps what it does not know as long as lifecycle', () => {
    assert.equal(evictionRank('sensor/net'), DEFAULT_EVICTION_RANK);
    assert.equal(evictionRank('collector/process/lifecycle'), DEFAULT_EVICTION_RANK);
  });
});
