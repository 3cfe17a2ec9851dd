import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { CONFIG_FILE_MAX_BYTES, readConfigFile } from '../../src/config/read-config-file.ts';

const directory = mkdtempSync(join(tmpdir(), 'procmond-config-'));
after(() => rmSync(directory, { recursive: true }));

function file(name: string, content: string | Uint8Array, mode = 0o640) {
  const path = join(directory, name);
  writeFileSync(path, content);
  chmodSync(path, mode);
  return path;
}

test('keeps text, mode and owner of a file', () => {
  const expected = { ok: true, text: 'interval: 10 # ü\n', mode: 0o640, ownerUserId: process.getuid?.() };
  const path = file('a.yaml', 'interval: 10 # ü\n');
  assert.deepEqual(readConfigFile(path), expected);
  symlinkSync(path, join(directory, 'link.yaml'));
  assert.deepEqual(readConfigFile(join(directory, 'link.yaml')), expected);
});

test('keeps the byte order mark out of the text', () => {
  assert.equal(textOf(file('bom.yaml', '\ufeffinterval: 10')), 'interval: 10');
});

test('keeps files up to 1 MiB, and none beyond', () => {
  assert.equal(textOf(file('full.yaml', 'x'.repeat(CONFIG_FILE_MAX_BYTES))).length, CONFIG_FILE_MAX_BYTES);
  assert.match(reasonOf(file('over.yaml', 'x'.repeat(CONFIG_FILE_MAX_BYTES + 1))), /is larger than 1MiB/);
});

test('keeps what is no readable text an answer that says why', () => {
  assert.match(reasonOf(join(directory, 'missing.yaml')), /^cannot be read: ENOENT.*missing\.yaml/);
  assert.match(reasonOf(directory), /is not a regular file/);
  assert.match(reasonOf(file('latin1.yaml', Uint8Array.of(0x66, 0xfc))), /cannot be read: .*utf-8/i);
  assert.match(reasonOf('/dev/zero'), /is not a regular file/);
});

test('keeps a pipe from making it wait', () => {
  const path = join(directory, 'pipe');
  execFileSync('mkfifo', [path]);
  // In a process of its own: an open that waits would stop this one for good.
  const program = `
    import { readConfigFile } from '${import.meta.resolve('../../src/config/read-config-file.ts')}';
    process.stdout.write(readConfigFile(${JSON.stringify(path)}).reason);
  `;
  const answer = execFileSync(process.execPath, ['--input-type=module', '--eval', program], { timeout: 20_000 });
  assert.equal(answer.toString(), 'is not a regular file');
});

function textOf(path: string): string {
  const read = readConfigFile(path);
  return read.ok ? read.text : assert.fail(read.reason);
}

function reasonOf(path: string): string {
  const read = readConfigFile(path);
  return read.ok ? assert.fail('was read') : read.reason;
}
