import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { ProcmondError } from '../../src/base/errors.ts';
import { parseTopicPattern } from '../../src/topics/topic-pattern.ts';
import { seededRandom } from '../fake/seeded-random.ts';

const TRUTH: readonly [sentence: string, pattern: string, topic: string, matches: boolean][] = [
  ['a topic matches itself', 'collector/process/events', 'collector/process/events', true],
  ['a topic does not match its sister', 'collector/process/events', 'collector/process/cycles', false],
  ['a topic does not match what stands below it', 'collector/process', 'collector/process/events', false],
  ['a topic does not match what stands above it', 'collector/process/events', 'collector/process', false],
  ['a topic does not match a longer word', 'collector/process', 'collector/processes', false],
  ['a topic does not match behind another segment', 'process/events', 'collector/process/events', false],

  ['"+" at the end is any last segment', 'collector/process/+', 'collector/process/events', true],
  ['"+" at the end is not nothing', 'collector/process/+', 'collector/process', false],
  ['"+" at the end is not two segments', 'collector/process/+', 'collector/process/events/more', false],
  ['"+" in the middle is any segment there', 'collector/+/events', 'collector/process/events', true],
  ['"+" in the middle is not two segments', 'collector/+/events', 'collector/a/b/events', false],
  ['"+" in the middle is not nothing', 'collector/+/events', 'collector/events', false],
  ['"+" in front is any first segment', '+/process', 'collector/process', true],
  ['"+" alone is any topic of one segment', '+', 'collector', true],
  ['"+" alone is no topic of two', '+', 'collector/process', false],
  ['"+" takes every character that a topic may have', 'a/+', 'a/z_9-0', true],
  ['"+" twice is two segments', 'collector/+/+', 'collector/process/lifecycle', true],
  ['"+" twice is not three segments', 'collector/+/+', 'collector/process/lifecycle/new', false],
  ['"+" twice is not one segment', 'collector/+/+', 'collector/process', false],
  ['"+" leaves the other segments as they are', 'collector/+/events', 'collector/process/cycles', false],

  ['"#" is one segment', 'collector/#', 'collector/process', true],
  ['"#" is many segments', 'collector/#', 'collector/process/events/of/today', true],
  ['"#" is no segment at all', 'collector/process/#', 'collector/process', true],
  ['"#" does not continue a word', 'collector/process/#', 'collector/processes', false],
  ['"#" leaves what stands before it as it is', 'collector/#', 'sensor/process/events', false],
  ['"#" alone is every topic', '#', 'collector/process/events', true],
  ['"#" alone is also a topic of one segment', '#', 'collector', true],
  ['"#" after the deepest topic is that topic', 'a/b/c/d/e/f/g/h/#', 'a/b/c/d/e/f/g/h', true],

  ['"+" and "#" together are one segment at least', 'collector/+/#', 'collector', false],
  ['"+" and "#" together are one segment', 'collector/+/#', 'collector/process', true],
  ['"+" and "#" together are many segments', 'collector/+/#', 'collector/process/lifecycle/new', true],
];

const ILLEGAL: readonly [sentence: string, pattern: string, problem: string][] = [
  ['"*" is no wildcard', 'collector/*/events', 'segment 2 ("*") has "*"'],
  ['"**" is none either', '**', 'segment 1 ("**") has "*"'],
  ['"#" is the last one or none', 'collector/#/events', 'segment 2 ("#") is not the last one, as "#" must be'],
  ['"#" stands there once', '#/#', 'segment 1 ("#") is not the last one, as "#" must be'],
  ['"#" is a whole segment', 'collector/process#', 'segment 2 ("process#") has "#"'],
  ['"+" is a whole segment', 'collector/+s', 'segment 2 ("+s") has "+"'],
  ['"++" is not two segments', '++', 'segment 1 ("++") has "+"'],
  ['letters are lower-case', 'collector/Process/+', 'segment 2 ("Process") has "P"'],
  ['a dot does not part segments', 'collector.process.#', 'segment 1 ("collector.process.#") has "."'],
  ['no segment is empty', 'collector//+', 'segment 2 ("") is empty'],
  ['none is empty in front', '/collector', 'segment 1 ("") is empty'],
  ['none is empty behind', 'collector/', 'segment 2 ("") is empty'],
  ['nothing is no pattern', '', 'segment 1 ("") is empty'],
  ['a pattern is as deep as a topic', 'a/b/c/d/e/f/g/h/+', 'it has 9 segments, at most 8 are allowed'],
  ['and "#" adds nothing to that', 'a/b/c/d/e/f/g/h/i/#', 'it has 9 segments, at most 8 are allowed'],
  ['a pattern is as long as a topic', `${'a'.repeat(257)}/#`, 'it has 257 bytes, at most 256 are allowed'],
];

suite('the truth table of patterns', () => {
  for (const [sentence, pattern, topic, expected] of TRUTH) {
    test(`${sentence}: ${pattern} ${expected ? 'matches' : 'does not match'} ${topic}`, () => {
      assert.equal(parseTopicPattern(pattern).matches(topic), expected);
    });
  }
});

suite('the illegal patterns, each told with the place', () => {
  for (const [sentence, pattern, problem] of ILLEGAL) {
    test(`${sentence}: ${JSON.stringify(pattern.slice(0, 40))}`, () => {
      assert.throws(
        () => parseTopicPattern(pattern),
        (error) => {
          assert.ok(error instanceof ProcmondError);
          assert.equal(error.code, 'TOPIC_INVALID');
          assert.ok(error.message.startsWith('cannot subscribe to "') && error.message.includes(`: ${problem}`));
          return true;
        },
      );
    });
  }

  test('a pattern of a megabyte is told in a line', () => {
    assert.throws(
      () => parseTopicPattern('x'.repeat(1_000_000)),
      ({ message }: Error) => message.length < 400,
    );
  });
});

suite('whatever the topics are called (random, seeded)', () => {
  const random = seededRandom(5);
  const draw = (count: number) => Math.floor(random() * count);
  // Few and short words, so that topics are often nearly the same.
  const word = () => ['a', 'b', 'aa', 'a-', '_', '0'][draw(6)] ?? 'a';
  const words = () => Array.from({ length: 1 + draw(5) }, word);
  const topics = [...new Set(Array.from({ length: 400 }, () => words().join('/')))];

  test('a pattern equal to a topic matches it alone', () => {
    for (const topic of topics) {
      const pattern = parseTopicPattern(topic);
      assert.deepEqual(
        topics.filter((other) => pattern.matches(other)),
        [topic],
      );
    }
  });

  test('a pattern matches what it matches segment by segment', () => {
    for (let round = 0; round < 400; round++) {
      const segments = words().map((segment) => (random() < 0.4 ? '+' : segment));
      if (random() < 0.5) segments.push('#');
      const pattern = parseTopicPattern(segments.join('/'));
      const wrong = topics.filter((topic) => pattern.matches(topic) !== covers(segments, topic.split('/')));
      assert.deepEqual(wrong, [], pattern.text);
    }
  });
});

/** What a pattern means, said another way. */
function covers([first, ...rest]: readonly string[], topic: readonly string[]): boolean {
  if (first === '#') return true;
  if (first === undefined || topic.length === 0) return first === undefined && topic.length === 0;
  return (first === '+' || first === topic[0]) && covers(rest, topic.slice(1));
}
