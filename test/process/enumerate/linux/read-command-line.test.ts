import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { ProcReader, type ReadFailure } from '../../../../src/process/enumerate/linux/proc-reader.ts';
import {
  readCommandLine,
  readCommandLineHead,
  readSettledCommandLine,
} from '../../../../src/process/enumerate/linux/read-command-line.ts';

/** Reads one of the texts after the other, the last one for ever; some stand for a failure. */
class RestlessReader extends ProcReader {
  readonly #texts: string[];
  readings = 0;

  constructor(...texts: string[]) {
    super();
    this.#texts = texts;
  }

  override read(_path: string, onRest?: (piece: Uint8Array) => void): number | ReadFailure {
    this.readings += 1;
    const text = (this.#texts.length > 1 ? this.#texts.shift() : this.#texts[0]) ?? '';
    if (text === 'gone' || text === 'denied') return text;
    const length = this.buffer.write(text, 'latin1');
    if (length < text.length) onRest?.(Buffer.from(text.slice(length), 'latin1'));
    return length;
  }
}

function settled(...texts: string[]) {
  const reader = new RestlessReader(...texts);
  const head = readCommandLineHead(reader, '/proc/5/cmdline');
  assert.ok(typeof head === 'object');
  const read = readSettledCommandLine(reader, '/proc/5/cmdline', head);
  return { read, readings: reader.readings };
}

const textOf = (read: ReturnType<typeof settled>['read']) =>
  typeof read === 'object' ? Buffer.from(read.bytes).toString('latin1') : read;

suite('a command line', () => {
  test('that stands still is read once to tell it, and once more to be used', () => {
    const { read, readings } = settled('curl\0-s\0');
    assert.equal(textOf(read), 'curl\0-s\0');
    assert.equal(readings, 2);
  });

  test('that was written over while it was read is used once it is the same twice in a row', () => {
    const { read, readings } = settled('--passxxxx\0', '--password\0hun', '--password\0hunter2\0');
    assert.equal(textOf(read), '--password\0hunter2\0');
    assert.equal(readings, 4);
  });

  test('that is another one each time is not used, and asked for a few times only', () => {
    const texts = Array.from({ length: 1_000 }, (_, index) => `title ${index}\0`);
    const { read, readings } = settled(...texts);
    assert.equal(read, undefined);
    assert.equal(readings, 5);
  });

  test('of a process that goes meanwhile is gone', () => assert.equal(settled('a\0', 'b\0', 'gone').read, 'gone'));

  test('beyond 64 KiB is told by its beginning, which is not all of it, and counted whole', () => {
    const long = `${'x'.repeat(64 * 1024)}\0${'y\0'.repeat(9)}`;
    const read = readCommandLine(new RestlessReader(long), '/proc/5/cmdline');
    assert.ok(typeof read === 'object');
    assert.deepEqual([read.bytes.length, read.count, read.complete], [64 * 1024, 10, false]);
    const head = readCommandLineHead(new RestlessReader(`${long}z`), '/proc/5/cmdline');
    assert.deepEqual(head, { digest: read.digest, complete: false });
    assert.equal(readCommandLineHead(new RestlessReader('denied'), '/proc/5/cmdline'), 'denied');
  });
});
