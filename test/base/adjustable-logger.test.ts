import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AdjustableLogger } from '../../src/base/adjustable-logger.ts';
import { LOG_LEVELS } from '../../src/base/logger.ts';
import { CapturedLogger } from '../fake/captured-logger.ts';

test('hands on what is important enough at the moment, with its fields', () => {
  const captured = new CapturedLogger();
  const logger = new AdjustableLogger(captured, 'warn');
  for (const level of [undefined, 'debug', 'error'] as const) {
    logger.level = level ?? logger.level;
    for (const own of LOG_LEVELS) logger[own](`at ${logger.level}`, { own });
  }
  assert.deepEqual(
    captured.lines.map(({ level, message, fields }) => [level, message, fields?.['own']]),
    [
      ['error', 'at warn', 'error'],
      ['warn', 'at warn', 'warn'],
      ['error', 'at debug', 'error'],
      ['warn', 'at debug', 'warn'],
      ['info', 'at debug', 'info'],
      ['debug', 'at debug', 'debug'],
      ['error', 'at error', 'error'],
    ],
  );
});
