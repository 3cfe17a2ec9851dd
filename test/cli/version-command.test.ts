import assert from 'node:assert/strict';
import { test } from 'node:test';
import { versionCommand } from '../../src/cli/version-command.ts';

test('keeps the version on one line', () => {
  let stdout = '';
  const exitCode = versionCommand({
    version: '1.2.3',
    nodeVersion: 'v24.1.0',
    platform: 'linux',
    architecture: 'arm64',
    stdout: { write: (text) => (stdout += text) },
  });
  assert.deepEqual([exitCode, stdout], [0, 'procmond 1.2.3 (node v24.1.0, linux arm64)\n']);
});
