import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultDataDirectory } from '../../src/config/default-data-directory.ts';

type Owner = Parameters<typeof defaultDataDirectory>[0];
const ROOT = '/var/lib/procmond';
const CASES: readonly (readonly [story: string, owner: Owner, directory: string | undefined])[] = [
  ['root', { effectiveUserId: 0, homeDirectory: '/root', env: { XDG_STATE_HOME: '/x' } }, ROOT],
  ['a user', { effectiveUserId: 7, homeDirectory: '/home/u', env: {} }, '/home/u/.local/state/procmond'],
  [
    'a user with XDG_STATE_HOME',
    { effectiveUserId: 7, homeDirectory: '/home/u', env: { XDG_STATE_HOME: '/s' } },
    '/s/procmond',
  ],
  [
    'a relative XDG_STATE_HOME',
    { effectiveUserId: 7, homeDirectory: '/h', env: { XDG_STATE_HOME: 's' } },
    '/h/.local/state/procmond',
  ],
  [
    'an empty XDG_STATE_HOME',
    { effectiveUserId: 7, homeDirectory: '/h', env: { XDG_STATE_HOME: '' } },
    '/h/.local/state/procmond',
  ],
  ['no user ids', { effectiveUserId: undefined, homeDirectory: '/h', env: {} }, '/h/.local/state/procmond'],
  ['no home', { effectiveUserId: 7, homeDirectory: '', env: {} }, undefined],
  ['a relative home', { effectiveUserId: 7, homeDirectory: 'h', env: {} }, undefined],
];
for (const [story, owner, directory] of CASES) {
  test(`keeps the store where it belongs: ${story}`, () => assert.equal(defaultDataDirectory(owner), directory));
}
