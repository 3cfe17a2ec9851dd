import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { AdjustableLogger } from '../../src/base/adjustable-logger.ts';
import { jsonLogger } from '../../src/base/json-logger.ts';
import { lineWriter } from '../../src/base/log-stream.ts';
import { textLogger } from '../../src/base/text-logger.ts';
import { capturedStream, FIXED_CLOCK as clock } from './captured-stream.ts';

const CHILD = `
  import { jsonLogger } from '${import.meta.resolve('../../src/base/json-logger.ts')}';
  import { textLogger } from '${import.meta.resolve('../../src/base/text-logger.ts')}';
  import { systemClock as clock } from '${import.meta.resolve('../../src/base/clock.ts')}';
  const loggers = [
    textLogger({ stream: process.stderr, level: 'info', clock, terminal: false, color: false }),
    jsonLogger({ stream: process.stderr, level: 'info', clock }),
  ];
  for await (const _ of process.stdin);
  for (let i = 0; i < 100; i++) {
    for (const logger of loggers) logger.info('nobody reads this');
    await new Promise((resolve) => setImmediate(resolve));
  }
  process.stdout.write('still alive');
`;

test('keeps the program alive when the reader of stderr is gone', async () => {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', CHILD]);
  child.stderr.destroy();
  await once(child.stderr, 'close');
  child.stdin.end();
  let stdout = '';
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  const [exitCode] = await once(child, 'close');
  assert.deepEqual({ exitCode, stdout }, { exitCode: 0, stdout: 'still alive' });
});

test('keeps a stream that throws from ending the program, and goes on with the next line', () => {
  const written: string[] = [];
  const writeLine = lineWriter({
    on() {},
    write(text) {
      if (text === 'bad\n') throw new Error('ENOSPC');
      written.push(text);
    },
  });
  writeLine('bad');
  writeLine('good');
  assert.deepEqual(written, ['good\n']);
});

test('ends a line that somebody else began on the same stream, in text and in JSON, at any level', () => {
  const options = { level: 'debug', clock, terminal: false, color: false } as const;
  for (const loggerOf of [textLogger, jsonLogger]) {
    const stream = capturedStream();
    const logger = new AdjustableLogger(loggerOf({ ...options, stream }), 'error');
    stream.write('begun');
    logger.freshLine();
    logger.error('own');
    const [begun, own, ...others] = stream.lines();
    assert.deepEqual([begun, others], ['begun', []]);
    assert.match(own ?? '', /^[{"a-z:]*2026-11-23T01:02:03.456Z.*own/);
  }
});
