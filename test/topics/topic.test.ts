import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { topicProblem } from '../../src/topics/topic.ts';

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
    ['', 'segment 1 ("") is empty'],
    ['/a', 'segment 1 ("") is empty'],
    ['a/', 'segment 2 ("") is empty'],
    ['a//b', 'segment 2 ("") is empty'],
    ['a/Bc', 'segment 2 ("Bc") has "B", allowed are lower-case letters, digits, "-" and "_"'],
    ['a/b c', 'segment 2 ("b c") has " ", allowed are lower-case letters, digits, "-" and "_"'],
    ['a/b.c/D', 'segment 2 ("b.c") has ".", allowed are lower-case letters, digits, "-" and "_"'],
    ['a/é', 'segment 2 ("é") has "é", allowed are lower-case letters, digits, "-" and "_"'],
    ['a/x🐧', 'segment 2 ("x🐧") has "🐧", allowed are lower-case letters, digits, "-" and "_"'],
    ['a/+', 'segment 2 ("+") has "+", allowed are lower-case letters, digits, "-" and "_"'],
    ['a/#', 'segment 2 ("#") has "#", allowed are lower-case letters, digits, "-" and "_"'],
    ['*', 'segment 1 ("*") has "*", allowed are lower-case letters, digits, "-" and "_"'],
    ['a\nb', 'segment 1 ("a\\nb") has "\\n", allowed are lower-case letters, digits, "-" and "_"'],
    ['a\n', 'segment 1 ("a\\n") has "\\n", allowed are lower-case letters, digits, "-" and "_"'],
    ['a/b/c/d/e/f/g/h/i', 'it has 9 segments, at most 8 are allowed'],
    ['a'.repeat(257), 'it has 257 bytes, at most 256 are allowed'],
  ] as const) {
    test(`may not be ${JSON.stringify(topic.slice(0, 40))}, and the place is named`, () => {
      assert.equal(topicProblem(topic), problem);
    });
  }
});
