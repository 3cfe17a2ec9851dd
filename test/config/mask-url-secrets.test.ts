import assert from 'node:assert/strict';
import { test } from 'node:test';
import { maskUrlSecrets } from '../../src/config/mask-url-secrets.ts';

const CASES: readonly (readonly [story: string, text: string, masked: string])[] = [
  ['nothing secret', 'http://localhost:4318/v1/logs', 'http://localhost:4318/v1/logs'],
  ['user and password', 'https://u:hunter2@h:1/p', 'https://***@h:1/p'],
  ['a user alone, which may be a token', 'https://hunter2@h/', 'https://***@h/'],
  ['an @ in the password', 'https://u:hunt@er2@h/', 'https://***@h/'],
  ['a slash in the password', 'https://u:hunter2/x@h/', 'https://***@h/'],
  ['digits and a slash in the password', 'https://u:12/hunter2@h/', 'https://***@h/'],
  ['values of the query', 'https://h/p?token=hunter2&x=hunter2', 'https://h/p?token=***&x=***'],
  ['a query without names', 'https://h/?hunter2', 'https://h/?***'],
  ['a fragment', 'https://h/#hunter2', 'https://h/'],
  ['no scheme', 'u:hunter2@h:4318', '***@h:4318'],
  ['a broken URL', 'https://u:hunter2@h:99999/?k=hunter2', 'https://***@h:99999/?***'],
  ['spaces', 'https://u:hunter2@h /x', 'https://***@h /x'],
  ['no URL at all', 'hello', 'hello'],
];
for (const [story, text, masked] of CASES) {
  test(`keeps secrets of a URL out: ${story}`, () => assert.equal(maskUrlSecrets(text), masked));
}
