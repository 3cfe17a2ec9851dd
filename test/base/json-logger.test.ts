import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jsonLogger } from '../../src/base/json-logger.ts';
import { capturedStream, FIXED_CLOCK } from './captured-stream.ts';

function logged(write: (logger: ReturnType<typeof jsonLogger>) => void) {
  const stream = capturedStream();
  write(jsonLogger({ stream, level: 'info', clock: FIXED_CLOCK }));
  return stream;
}

test('keeps one JSON object per line: timestamp, level, message, then the fields', () => {
  const stream = logged((logger) =>
    logger.warn('outbox is full', { discarded: 3, reason: 'full', skipped: undefined }),
  );
  assert.equal(
    stream.text(),
    '{"timestamp":"2026-11-23T01:02:03.456Z","level":"warn","message":"outbox is full","discarded":3,"reason":"full"}\n',
  );
});

test('keeps text exact while nothing in the line can disturb a terminal', () => {
  const hostile = 'a\nb\u001b[2J\u007f\u0085\u009b\u2028\u202e\u2066\ufeff "q" \\ naïve 🚀';
  const stream = logged((logger) => logger.info(hostile, { value: hostile, [hostile]: 1 }));
  assert.doesNotMatch(stream.text().slice(0, -1), /\p{Cc}|\p{Zl}|\p{Zp}|\p{Bidi_C}|\ufeff/u);
  const parsed: unknown = JSON.parse(stream.text());
  assert.deepEqual(parsed, {
    timestamp: '2026-11-23T01:02:03.456Z',
    level: 'info',
    message: hostile,
    value: hostile,
    [hostile]: 1,
  });
});

test('keeps its own fields when a caller names one the same', () => {
  const stream = logged((logger) => logger.error('real', { message: 'fake', level: 'fake', timestamp: 'fake' }));
  assert.deepEqual(JSON.parse(stream.text()), {
    timestamp: '2026-11-23T01:02:03.456Z',
    level: 'error',
    message: 'real',
  });
});

test('keeps quiet about what is less important than its level', () => {
  assert.equal(logged((logger) => logger.debug('x')).text(), '');
});
