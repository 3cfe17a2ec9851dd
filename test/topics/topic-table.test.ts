import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { topicProblem } from '../../src/topics/topic.ts';
import { DEFAULT_EVICTION_RANK, evictionRank, TOPIC_TABLE, topicRow } from '../../src/topics/topic-table.ts';

suite('the topic table', () => {
  test('has legal topics, each once, and event names of one topic each', () => {
    const topics = TOPIC_TABLE.map(({ topic }) => topic);
    assert.equal(new Set(topics).size, topics.length);
    for (const { topic, pattern } of TOPIC_TABLE) {
      if (pattern === undefined) assert.equal(topicProblem(topic), undefined);
      else assert.notEqual(topicProblem(topic), undefined, 'no topic is called as all of them are');
    }
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
      'collector/process/findings',
      'collector/triggers/<target>',
      'collector/agent/health',
      'collector/binary-hasher/results',
    ]);
    assert.equal(evictionRank('collector/triggers/binary-hasher'), evictionRank('collector/process/findings'));
    assert.equal(evictionRank('collector/binary-hasher/results'), evictionRank('collector/agent/health'));
  });

  test('has one row for the triggers of all targets', () => {
    for (const topic of ['collector/triggers/binary-hasher', 'collector/triggers/yara/deep']) {
      assert.equal(topicRow(topic)?.topic, 'collector/triggers/<target>');
    }
    for (const topic of ['collector/triggers', 'collector/triggersx/a', 'x/collector/triggers/a']) {
      assert.equal(topicRow(topic), undefined);
    }
    for (const { topic, pattern } of TOPIC_TABLE)
      if (pattern === undefined) assert.equal(topicRow(topic)?.topic, topic);
  });

  test('keeps what it does not know as long as lifecycle', () => {
    assert.equal(evictionRank('sensor/net'), DEFAULT_EVICTION_RANK);
    assert.equal(evictionRank('collector/process/lifecycle'), DEFAULT_EVICTION_RANK);
  });
});
