import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SETTING_OPTIONS, type SettingOption } from '../../src/config/option-table.ts';
import { parseConfigFile } from '../../src/config/parse-config-file.ts';
import { describeProblem } from '../../src/config/problem.ts';
import { byteAmounts } from './byte-amounts.ts';
import { listItems } from './list-items.ts';

function read(...lines: string[]) {
  const { given, problems } = parseConfigFile(lines.join('\n'), '/etc/p.yaml');
  return {
    given: Object.fromEntries(given.map(({ option, value }) => [option.name, value])),
    problems: problems.map(describeProblem),
  };
}

test('keeps keys in kebab-case and snake_case the same', () => {
  assert.deepEqual(read('max-processes: 5', 'compute_hashes: true', 'outbox_max_bytes: 512MiB', 'endpoint: http://h'), {
    given: {
      'max-processes': 5,
      'compute-hashes': true,
      'outbox-max-bytes': 536_870_912,
      endpoint: 'http://h/v1/logs',
    },
    problems: [],
  });
});

test('keeps the file named as the origin of a value', () => {
  assert.deepEqual(
    parseConfigFile('interval: 10', '/etc/p.yaml').given.map(({ origin }) => origin),
    ['file /etc/p.yaml'],
  );
});

for (const text of ['', '\n', '# only a comment', '---\n', '{}', '~']) {
  test(`keeps an empty file without effect: ${JSON.stringify(text)}`, () => {
    assert.deepEqual(read(text), { given: {}, problems: [] });
  });
}

const RIGHT = {
  integer: '1',
  seconds: '60',
  port: '1',
  boolean: 'true',
  path: '/x',
  directories: '/x, /y',
  socket: '/x',
  text: 'x',
  host: 'h',
  url: 'http://h',
};
const WRONG_TYPE = {
  integer: '"1"',
  seconds: 'true',
  bytes: 'true',
  port: 'x',
  boolean: 'yes',
  path: '5',
  directories: '5',
  socket: '5',
  text: '5',
  host: '5',
  url: '5',
  enum: '5',
  list: '5',
};

function rightText(option: SettingOption): string | undefined {
  if (option.kind === 'enum') return option.values[0];
  if (option.kind === 'bytes') return byteAmounts(option)[0];
  return option.kind === 'list' ? listItems(option).join(',') : RIGHT[option.kind];
}

for (const option of SETTING_OPTIONS) {
  if (!option.inFile) continue;
  const snake = option.name.replaceAll('-', '_');
  const right = rightText(option);

  test(`keeps ${option.name} readable from the file, in either spelling`, () => {
    assert.deepEqual(read(`${option.name}: ${right}`).problems, []);
    assert.deepEqual(read(`${snake}: ${right}`), read(`${option.name}: ${right}`));
    assert.deepEqual(Object.keys(read(`${snake}: ${right}`).given), [option.name]);
  });

  test(`keeps ${option.name} to its type`, () => {
    const { problems } = read('# first line', `${snake}: ${WRONG_TYPE[option.kind]}`);
    assert.equal(problems.length, 1, problems.join('\n'));
    assert.match(
      problems[0] ?? '',
      new RegExp(`^file /etc/p.yaml line 2, ${option.name}: ".*" is .*, not .*; expected `),
    );
  });

  test(`keeps a repeated ${option.name} an error, in either spelling`, () => {
    assert.deepEqual(read(`${option.name}: ${right}`, `${snake}: ${right}`).problems, [
      `file /etc/p.yaml line 2, ${option.name} is given more than once`,
    ]);
  });

  test(`keeps lists, mappings and nothing from being a value of ${option.name}`, () => {
    for (const [value, reason] of [
      ['[1, 2]', 'is a list, not a plain value'],
      ['{ a: 1 }', 'is a mapping, not a plain value'],
      ['', 'has no value'],
      ['""', 'has no value'],
      ['null', 'has no value'],
    ]) {
      const { problems } = read(`${option.name}: ${value}`);
      assert.equal(problems.length, 1);
      assert.ok(problems[0]?.startsWith(`file /etc/p.yaml line 1, ${option.name} ${reason}; expected `), problems[0]);
    }
  });

  test(`keeps the mistyped key ${option.name} an error that names it`, () => {
    const mistyped = `${snake.slice(0, -1)}x`;
    assert.deepEqual(read(`${mistyped}: 1`).problems, [
      `file /etc/p.yaml line 1, ${mistyped} is no key of the configuration file; did you mean ${option.name}?`,
    ]);
  });
}

const MISTAKES: readonly (readonly [story: string, lines: readonly string[], problems: readonly RegExp[]])[] = [
  ['decimals', ['interval: 10.5'], [/interval: "10.5" is not a whole number; expected whole seconds, 5 to 3600$/]],
  ['out of range', ['interval: 4', 'metrics-port: 70000'], [/line 1, .*too small/, /line 2, .*too large/]],
  ['not a number at all', ['interval: .nan'], [/"NaN" is not a whole number/]],
  ['beyond exact numbers', ['max-processes: 99999999999999999999'], [/too large|not a whole number/]],
  ['the file naming a file', ['config: /etc/other.yaml'], [/config is no key of the configuration file/]],
  ['a list', ['- interval'], [/^file \/etc\/p.yaml holds no mapping/]],
  ['a word', ['interval'], [/^file \/etc\/p.yaml holds no mapping/]],
  ['a merge key', ['<<: { interval: 10 }'], [/line 1, << is no key/]],
  ['a number as key', ['5: 10'], [/line 1, 5 is no key/]],
  ['a list as key', ['? [a]', ': 1'], [/line 1 has a key that is no plain text/]],
  ['broken syntax', ['interval: 10', ' emit: all', 'x: ]'], [/line \d is not YAML procmond can read: /]],
  ['two documents', ['interval: 10', '---', 'interval: 20'], [/multiple documents/]],
  ['a tag of its own', ['interval: !secret 10'], [/line 1 is not YAML procmond can read: Unresolved tag/]],
  ['an alias', ['interval: &a 10', 'max-processes: *a'], [/line 2, max-processes is an alias, which is not allowed/]],
];
for (const [story, lines, expected] of MISTAKES) {
  test(`keeps a clear answer to a mistake in the file: ${story}`, () => {
    const { problems } = read(...lines);
    assert.ok(problems.length >= expected.length, problems.join('\n'));
    for (const [index, pattern] of expected.entries()) assert.match(problems[index] ?? '', pattern);
  });
}

test('keeps all mistakes of a file told at once', () => {
  assert.equal(read('interval: 4', 'emitt: all', 'log-level: loud', 'once: 1').problems.length, 4);
});

test('keeps a bomb of aliases from being expanded', () => {
  const levels = ['a0: &a0 [x, x, x, x, x, x, x, x, x]'];
  for (let i = 1; i < 12; i++)
    levels.push(
      `a${i}: &a${i} [${Array(9)
        .fill(`*a${i - 1}`)
        .join(', ')}]`,
    );
  const { given, problems } = read(...levels, 'interval: *a11');
  assert.deepEqual(given, {});
  assert.match(problems.at(-1) ?? '', /interval is an alias/);
});

for (const opener of ['[', '{', '- ', '? ']) {
  test(`keeps endless nesting of "${opener}" an answer, not a crash`, () => {
    const { given, problems } = read(opener.repeat(50_000));
    assert.deepEqual(given, {});
    assert.ok(problems.length > 0 && problems.length <= 3);
  });
}

test('keeps secrets of the file out of what is said about it', () => {
  const problems = [
    ...read('endpoint: ftp://u:hunter2@h').problems,
    ...read('endpoint: http://u:hunter2@h', 'x: "hunter2').problems,
    ...read('endpoint: [http://u:hunter2@h]').problems,
    ...read('http://u:hunter2@h: x').problems,
  ];
  assert.equal(problems.length >= 4, true);
  assert.doesNotMatch(problems.join('\n'), /hunter2/);
});
