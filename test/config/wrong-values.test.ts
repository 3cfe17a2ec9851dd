import assert from 'node:assert/strict';
import { test } from 'node:test';
import { operandOf } from '../../src/config/commands.ts';
import { allowedText } from '../../src/config/describe-option.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import {
  ENVIRONMENT_OPTIONS,
  environmentVariable,
  SETTING_OPTIONS,
  type SettingOption,
} from '../../src/config/option-table.ts';
import { describeProblem } from '../../src/config/problem.ts';
import { WRONG_NODES, wrongTexts, wrongTypes } from './wrong-values.ts';

const FILE = '/etc/p.yaml';
/** A value is cut at 200 characters, each of which may be escaped; the rest is procmond's own. */
const LONGEST_LINE = 2_500;

function load(option: SettingOption, flags: readonly string[], env: Record<string, string> = {}, file?: string) {
  const command = option.commands[0] ?? 'run';
  const operands = operandOf(command)?.required ? ['target'] : [];
  return loadConfig({
    argv: [command, ...operands, ...flags, ...(file === undefined ? [] : ['--config', FILE])],
    env,
    homeDirectory: '/home/u',
    effectiveUserId: 1000,
    readConfigFile: () => ({ ok: true, text: file ?? '', mode: 0o600, ownerUserId: 1000 }),
  });
}

/** Exactly one mistake was told, in one safe line with its origin, and what would have been right. */
function refusesOnce(option: SettingOption, result: ReturnType<typeof load>, origin: string, story: string): void {
  const told = result.ok ? [] : result.problems.map(describeProblem);
  assert.equal(told.length, 1, `${story}: ${told.join('\n')}`);
  const [line = ''] = told;
  assert.ok(line.startsWith(origin), `${story}: ${line}`);
  assert.ok(line.includes(allowedText(option)), `${story}: ${line}`);
  assert.ok(line.length <= LONGEST_LINE, `${story}: ${line.length} characters`);
  assert.doesNotMatch(line, /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u, story);
}

for (const option of SETTING_OPTIONS) {
  test(`refuses every wrong value of the flag --${option.name}`, () => {
    for (const [story, text] of wrongTexts(option)) {
      refusesOnce(option, load(option, [`--${option.name}=${text}`]), `flag --${option.name}`, story);
    }
    if (option.kind !== 'boolean') refusesOnce(option, load(option, [`--${option.name}=`]), 'flag', 'nothing');
  });

  test(`refuses --${option.name} twice, in either spelling`, () => {
    const text = option.kind === 'boolean' ? '' : `=${goodText(option)}`;
    const snake = option.name.replaceAll('-', '_');
    const result = load(option, [`--${option.name}${text}`, `--${snake}${text}`]);
    const told = result.ok ? [] : result.problems.map(describeProblem);
    assert.ok(told.includes(`flag --${option.name} is given more than once`), told.join('\n'));
  });
}

for (const option of ENVIRONMENT_OPTIONS) {
  const name = environmentVariable(option);
  test(`refuses every wrong value of the variable ${name}`, () => {
    for (const [story, text] of wrongTexts(option)) {
      // A variable with nothing in it is none.
      if (text.trim() === '') continue;
      refusesOnce(option, load(option, [], { [name]: text }), `environment ${name}`, story);
    }
  });
}

/** Kinds that are numbers in YAML, too. */
const NUMBERS: readonly string[] = ['integer', 'port', 'seconds', 'percent'];

for (const option of SETTING_OPTIONS.filter(({ inFile }) => inFile)) {
  const origin = `file ${FILE} line 1, ${option.name}`;
  test(`refuses every wrong value of the key ${option.name}`, () => {
    const isPlain = [...NUMBERS, 'boolean'].includes(option.kind);
    for (const [story, text] of wrongTexts(option)) {
      // In quotes it would be refused for those alone; `0x10` and `1e3` without are numbers of YAML.
      const yaml = isPlain && /^-?[\d.]+$|^[a-z]+$/i.test(text) ? text : JSON.stringify(text);
      refusesOnce(option, load(option, [], {}, `${option.name}: ${yaml}`), origin, story);
    }
    const nodes = WRONG_NODES.filter(([story]) => option.kind !== 'percent' || story !== 'a decimal');
    for (const [story, yaml] of [...nodes, ...wrongTypes(option)]) {
      refusesOnce(option, load(option, [], {}, `${option.name}: ${yaml}`), origin, story);
    }
  });

  test(`refuses the key ${option.name} twice, in either spelling`, () => {
    const text = option.kind === 'boolean' ? 'true' : JSON.stringify(goodText(option));
    const yaml = NUMBERS.includes(option.kind) ? JSON.parse(text) : text;
    const keys = [option.name, option.name.replaceAll('-', '_')];
    const result = load(option, [], {}, keys.map((key) => `${key}: ${yaml}`).join('\n'));
    const told = result.ok ? [] : result.problems.map(describeProblem);
    assert.deepEqual(told, [`file ${FILE} line 2, ${option.name} is given more than once`]);
  });
}

test('tells the first hundred of many mistakes, and how many more there are', () => {
  const [option] = SETTING_OPTIONS;
  assert.ok(option);
  const words = Array.from({ length: 150 }, (_, index) => `--nonsense-${index}`);
  const result = load(option, words, {}, 'x: 1\n'.repeat(150));
  assert.equal(result.ok, false);
  if (result.ok) return;
  assert.equal(result.problems.length, 101);
  assert.equal(
    describeProblem(result.problems[100] ?? assert.fail()),
    'configuration has 200 more mistakes, which are not listed',
  );
});

/** A value that the option takes, wherever it is written. */
function goodText(option: SettingOption): string {
  switch (option.kind) {
    case 'integer':
    case 'port':
    case 'seconds':
    case 'percent':
    case 'bytes':
      return String(option.min);
    case 'boolean':
      return 'true';
    case 'enum':
      return option.values[0] ?? '';
    case 'url':
      return 'http://h';
    case 'list':
      return option.items === 'name' ? (option.names.known[0] ?? '') : '1';
    case 'host':
      return 'h';
    default:
      return '/a';
  }
}
