import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { helpCommand, helpText } from '../../src/cli/help.ts';
import { COMMAND_NAMES, COMMANDS } from '../../src/config/commands.ts';
import { defaultText, flagText, rangeText } from '../../src/config/describe-option.ts';
import { OPTIONS } from '../../src/config/option-table.ts';

const GOLDEN = join(import.meta.dirname, '../golden/help.txt');

test('keeps --help as it was last looked at (UPDATE_GOLDEN=1 accepts the new text)', () => {
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(GOLDEN, helpText());
  assert.equal(helpText(), readFileSync(GOLDEN, 'utf8'));
});

test('keeps every option in --help, with range and default', () => {
  const text = words(helpText());
  for (const option of OPTIONS) {
    assert.ok(text.includes(` ${flagText(option)} ${option.description}`), option.name);
    assert.ok(text.includes(rangeText(option)));
    if (defaultText(option) !== '') assert.ok(text.includes(`default ${defaultText(option)})`), option.name);
  }
});

test('keeps every command in --help', () => {
  for (const { name, summary } of COMMANDS) assert.ok(words(helpText()).includes(` ${name} ${summary}`));
});

for (const command of COMMAND_NAMES) {
  test(`keeps the help of ${command} to its own options`, () => {
    const shown = [...helpText(command).matchAll(/^ {2}(?:-\w, )?--([a-z-]+)/gm)].map((match) => match[1]);
    const own = OPTIONS.filter(({ commands }) => commands.includes(command)).map(({ name }) => name);
    assert.deepEqual(shown, own);
    assert.match(helpText(command), /^Usage: procmond /);
  });
}

test('keeps help within 100 columns, without blanks at the end of lines', () => {
  for (const topic of [undefined, ...COMMAND_NAMES]) {
    for (const line of helpText(topic).split('\n')) {
      assert.ok(line.length <= 100, line);
      assert.doesNotMatch(line, /\s$/);
    }
  }
});

test('keeps terms and descriptions apart', () => {
  for (const option of OPTIONS) assert.ok(flagText(option).length <= 30, flagText(option));
});

test('keeps help on stdout, and success', () => {
  let stdout = '';
  const exitCode = helpCommand({ topic: 'ps', stdout: { write: (text) => (stdout += text) } });
  assert.deepEqual([exitCode, stdout], [0, helpText('ps')]);
});

function words(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}
