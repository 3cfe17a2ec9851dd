import assert from 'node:assert/strict';
import { test } from 'node:test';
import { helpCommand, helpText } from '../../src/cli/help.ts';
import { COMMAND_NAMES, COMMANDS } from '../../src/config/commands.ts';
import { defaultText, flagText, rangeText } from '../../src/config/describe-option.ts';
import { OPTIONS } from '../../src/config/option-table.ts';
import { parseArguments } from '../../src/config/parse-arguments.ts';
import { PROCESS_COLUMNS } from '../../src/listing/process-columns.ts';
import { assertGolden } from './golden.ts';

test('keeps --help as it was last looked at (UPDATE_GOLDEN=1 accepts the new text)', () => {
  assertGolden('help.txt', helpText());
  assertGolden('help-ps.txt', helpText('ps'));
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
    assert.deepEqual(new Set(shown), new Set(own));
    assert.equal(shown.length, own.length);
    assert.match(helpText(command), /^Usage: procmond /);
  });
}

test('keeps what is asked each time before what is set once', () => {
  const shown = [...helpText('ps').matchAll(/^ {2}(?:-\w, )?--([a-z-]+)/gm)].map((match) => match[1]);
  assert.deepEqual(shown.slice(0, 4), ['user', 'pid', 'state', 'format']);
});

test('keeps every column in the help of the commands that print processes, and its other names', () => {
  for (const command of ['ps', 'snapshot'] as const) {
    const text = words(helpText(command));
    for (const { name, meaning, aliases = [] } of PROCESS_COLUMNS) {
      assert.ok(text.includes(` ${name} ${meaning}`), name);
      for (const alias of aliases) assert.ok(text.includes(alias), alias);
    }
  }
});

test('keeps the examples of help working', () => {
  const examples = [...helpText('ps').matchAll(/^ {2}procmond (.+)$/gm)].map((match) => match[1] ?? '');
  assert.ok(examples.length > 2);
  for (const example of examples) assert.deepEqual(parseArguments(example.split(' ')).problems, [], example);
});

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
