import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { lineWriter } from '../../src/base/log-stream.ts';

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
