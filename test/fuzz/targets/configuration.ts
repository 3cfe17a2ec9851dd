import assert from 'node:assert/strict';
import { parseLinearPattern } from '../../../src/base/linear-pattern.ts';
import { COMMAND_NAMES } from '../../../src/config/commands.ts';
import { settingText } from '../../../src/config/describe-option.ts';
import { type LoadConfigResult, loadConfig } from '../../../src/config/load-config.ts';
import {
  ENVIRONMENT_OPTIONS,
  environmentVariable,
  OPTIONS,
  SETTING_OPTIONS,
} from '../../../src/config/option-table.ts';
import { parseConfigFile } from '../../../src/config/parse-config-file.ts';
import { parseOptionValue } from '../../../src/config/parse-option-value.ts';
import { describeProblem } from '../../../src/config/problem.ts';
import { conditionProblem } from '../../../src/process/findings/condition.ts';
import type { FuzzTarget } from '../fuzz-target.ts';
import { assertDisplayable, assertPrototypesClean } from '../invariants.ts';

/** The first byte of an input says what the rest is: a file, flags, variables (a line each), a condition, a pattern. */
const SOURCES: readonly (readonly [letter: string, check: (text: string) => void])[] = [
  ['f', checkFile],
  ['a', (text) => checkLoaded(load(text.split('\n'), {}))],
  ['e', (text) => checkLoaded(load([], environmentOf(text)))],
  ['c', checkCondition],
  ['p', checkPattern],
];

const GOOD_FILE = `interval: 10
max_processes: 500
hash-roots: /usr/bin, "/opt"
endpoint: 'http://u:p@h:4318/x?k=v'
sort: "-cpu,pid"
rules: { disable: [deleted-executable], own: [{ id: a-b, title: A, severity: high, techniques: [T1059.004],
  when: 'process.name == "sh" && process.args.exists(a, a.matches("^-c$"))', trigger: binary-hasher }],
  suspicious-children: [{ parents: [nginx], children: ['sh', "bash"] }] }
expected-processes:
  web: { comm: 'nginx*', count: 2, grace: 30, user: 33 }
  db: &db
    executable: /usr/bin/postgres
    args: [-D, '*']
redact-patterns: ['CUST-[0-9]{4,8}', 'pin=(\\d+)']
`;

export const target: FuzzTarget = {
  name: 'configuration',
  seeds: [
    `f${GOOD_FILE}`,
    'finterval: 4\nemitt: all\nlog-level: |\n  loud\n? [a]\n: 1\n<<: *x\n--- \n%YAML 1.1\n',
    'f\ufeffinterval: 10\r\nemit: all\r\n',
    `a${['run', '--interval', '10', '--max_processes=500', '--enhanced_metadata', '--no-compute-hashes', '--config', '/f'].join('\n')}`,
    `a${['ps', '--sort', '-%cpu,+pid', '--user', 'root,0', '--state=z', '--json', '--', '-x', 'word'].join('\n')}`,
    `ePROCMOND_INTERVAL=10\nPROCMOND_ENDPOINT=http://h\nOTEL_EXPORTER_OTLP_ENDPOINT=http://h\nPROCMOND_SERVICE_HOST=1.2.3.4\n`,
    'cprocess.user.name == "www-data" && !(process.executable.path.startsWith("/usr/")) || process.pid in [1, 2]',
    'cprocess.args.all(a, size(a) < 10) ? started : process.command_line.matches(r"(?i)curl\\s+https?://")',
    'p(?i)(a|b)*[^x-z[:alpha:]]{2,5}\\pL\\Q[\\E(?P<n>.)?$',
  ].map((text) => Buffer.from(text, 'utf8')),
  words: [
    ...SOURCES.map(([letter]) => letter),
    ...OPTIONS.flatMap(({ name }) => [`${name}: `, `--${name}`, `\n${name.replaceAll('-', '_')}: `, `--${name}=`]),
    ...ENVIRONMENT_OPTIONS.map((option) => `\n${environmentVariable(option)}=`),
    ...COMMAND_NAMES,
    '\n',
    '\r\n',
    '\t',
    ' ',
    ': ',
    '- ',
    '? ',
    '[',
    ']',
    '{',
    '}',
    ',',
    '&a ',
    '*a',
    '!!binary ',
    '!x ',
    '|',
    '>',
    '"',
    "'",
    '#',
    '---\n',
    '...\n',
    '%YAML 1.2\n',
    '<<: ',
    '~',
    'null',
    'true',
    'yes',
    '.inf',
    '0x',
    '1e3',
    '2026-01-01',
    '-',
    '=',
    'rules:\n  own:\n',
    'disable: ',
    'when: ',
    'expected-processes:\n',
    'redact-patterns:\n',
    '__proto__',
    'constructor',
    'process',
    '.args',
    '.name',
    '.matches(',
    '.exists(a, ',
    '&&',
    '||',
    '!',
    '(',
    ')',
    ' in ',
    ' ? ',
    'size(',
    '\\',
    '{1000}',
    '\u0000',
    '\u001b[2J',
    '\u202e',
    '\u2028',
    '\ud83d\ude00',
    'http://',
    '/',
    '@',
    '://',
    '%',
  ],
  maxInputBytes: 1024 ** 2,
  async start() {
    return (input) => {
      const [, check] =
        SOURCES.find(([letter]) => letter.charCodeAt(0) === input[0]) ??
        SOURCES[(input[0] ?? 0) % SOURCES.length] ??
        [];
      check?.(Buffer.from(input.subarray(1)).toString('utf8'));
      assertPrototypesClean();
    };
  },
};

const MOST_PROBLEMS = 101;
/** Each of its parts is cut; what is cut may be escaped. */
const LONGEST_PROBLEM = 10_000;

function load(argv: readonly string[], env: Readonly<Record<string, string>>, file = ''): LoadConfigResult {
  return loadConfig({
    argv,
    env,
    homeDirectory: '/home/u',
    effectiveUserId: 0,
    readConfigFile: () => ({ ok: true, text: file, mode: 0o600, ownerUserId: 0 }),
  });
}

function environmentOf(text: string): Record<string, string> {
  const lines = text.split('\n').map((line) => line.split('='));
  return Object.fromEntries(lines.map(([name = '', ...value]) => [name, value.join('=')]));
}

function checkFile(text: string): void {
  checkLoaded(load(['--config', '/f'], {}, text));
  for (const { option, value } of parseConfigFile(text, '/f').given) {
    assert.ok(option.inFile && SETTING_OPTIONS.includes(option));
    const again = parseOptionValue(option, settingText(option, value));
    assert.deepEqual(again, { ok: true, value }, option.name);
  }
}

function checkLoaded(loaded: LoadConfigResult): void {
  if (!loaded.ok) {
    assert.ok(loaded.problems.length > 0 && loaded.problems.length <= MOST_PROBLEMS);
    for (const problem of loaded.problems) {
      const line = describeProblem(problem);
      assertDisplayable(line);
      assert.ok(line.length <= LONGEST_PROBLEM, `${line.length} characters: ${line.slice(0, 500)}`);
    }
    return;
  }
  if (!('config' in loaded)) return;
  assert.ok(Object.isFrozen(loaded.config));
  for (const { text, origin } of loaded.settings) assert.ok(typeof text === 'string' && origin !== '');
  for (const { when } of loaded.conditions) checkCondition(when);
  for (const pattern of loaded.redactPatterns) checkPattern(pattern);
}

function checkCondition(when: string): void {
  const problem = conditionProblem(when);
  if (problem === undefined) return;
  assert.ok(problem.reason !== '');
  assert.ok(problem.reason.length <= LONGEST_PROBLEM, `${problem.reason.length} characters`);
}

const TEXT = 'aA1 -_=x'.repeat(250);

function checkPattern(source: string): void {
  const parsed = parseLinearPattern(source);
  if (!parsed.ok) {
    assert.ok(parsed.reason !== '' && parsed.reason.length <= LONGEST_PROBLEM);
    return;
  }
  let end = 0;
  for (const match of parsed.pattern.matches(TEXT)) {
    assert.ok(match.start < match.end && match.end <= TEXT.length);
    end = match.end;
  }
  assert.ok(end <= TEXT.length);
}
