import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readerEnvironment } from '../../../../src/process/enumerate/portable/reader-environment.ts';

const OURS = {
  PATH: '/usr/bin:/bin',
  HOME: '/root',
  TZ: 'America/New_York',
  LC_ALL: 'de_DE.UTF-8',
  PS_FORMAT: 'pid',
  NODE_OPTIONS: '--require /tmp/x.js',
  OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer hunter2',
  PROCMOND_ENDPOINT: 'https://u:hunter2@example.com',
};

test('passes on the path, and nothing else of its own', () => {
  assert.deepEqual(readerEnvironment(OURS, 'linux'), { PATH: '/usr/bin:/bin', TZ: 'UTC', LANG: 'C', LC_ALL: 'C' });
  assert.deepEqual(readerEnvironment({}, 'freebsd'), { TZ: 'UTC', LANG: 'C', LC_ALL: 'C' });
});

test('lets ps of macOS write names as they are', () => {
  assert.deepEqual(readerEnvironment(OURS, 'darwin'), { PATH: OURS.PATH, TZ: 'UTC', LANG: 'C', LC_CTYPE: 'UTF-8' });
});

test('lets Windows keep what PowerShell needs, and its zone, in which PowerShell tells times', () => {
  const system = { PATH: 'C:\\Windows', SystemRoot: 'C:\\Windows', TEMP: 'C:\\Temp', ComSpec: 'C:\\cmd.exe' };
  assert.deepEqual(readerEnvironment({ ...OURS, ...system }, 'win32'), system);
});
