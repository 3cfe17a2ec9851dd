import assert from 'node:assert/strict';
import { test } from 'node:test';
import { terminalName } from '../../src/process/terminal-name.ts';

const cases: readonly [string, number | undefined, string | undefined][] = [
  ['none', 0, undefined],
  ['an unknown one', undefined, undefined],
  ['the first pseudo-terminal', 34_816, 'pts/0'],
  ['the third', 34_819, 'pts/3'],
  ['one beyond the first 256', (137 << 8) | 4, 'pts/260'],
  ['one beyond the first 256 with a large minor', (136 << 8) | 0x2c | (0x1 << 20), 'pts/300'],
  ['a console', (4 << 8) | 1, 'tty1'],
  ['a serial line', (4 << 8) | 64, 'ttyS0'],
  ['one of another driver', (204 << 8) | 64, '204:64'],
];

for (const [what, device, name] of cases) {
  test(`names a controlling terminal as /dev does: ${what}`, () => assert.equal(terminalName(device), name));
}
