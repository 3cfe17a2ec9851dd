import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CommandName, operandOf } from '../../src/config/commands.ts';
import { OPTIONS, SETTING_OPTIONS } from '../../src/config/option-table.ts';
import { parseArguments } from '../../src/config/parse-arguments.ts';
import { describeProblem } from '../../src/config/problem.ts';
import { COLUMN_NAMES } from '../../src/listing/process-columns.ts';
import { byteAmounts } from './byte-amounts.ts';
import { listItems } from './list-items.ts';

function given(...argv: string[]) {
  return Object.fromEntries(parseArguments(argv).given.map(({ option, value }) => [option.name, value]));
}

function problems(...argv: string[]) {
  return parseArguments(argv).problems.map(describeProblem);
}

/** The word a command cannot do without. */
function operandFor(command: CommandName): readonly string[] {
  return operandOf(command)?.required ? ['x'] : [];
}

const EXAMPLE = { interval: 10_000, 'max-processes': 500, 'enhanced-metadata': true, 'compute-hashes': true };

const SPELLINGS: readonly (readonly [story: string, argv: readonly string[]])[] = [
  ['underscores', ['--interval', '10', '--max_processes', '500', '--enhanced_metadata', '--compute_hashes']],
  ['hyphens', ['--interval', '10', '--max-processes', '500', '--enhanced-metadata', '--compute-hashes']],
  ['equals signs', ['--interval=10', '--max_processes=500', '--enhanced_metadata=true', '--compute-hashes=1']],
  [
    'the command first',
    ['run', '--interval', '10', '--max_processes', '500', '--enhanced_metadata', '--compute_hashes'],
  ],
  [
    'the command last',
    ['--interval', '10', '--max_processes', '500', '--enhanced_metadata', '--compute_hashes', 'run'],
  ],
];
for (const [story, argv] of SPELLINGS) {
  test(`keeps both spellings of options: ${story}`, () => {
    const parsed = parseArguments(argv);
    assert.deepEqual(parsed.problems, []);
    assert.equal(parsed.command, 'run');
    assert.deepEqual(given(...argv), EXAMPLE);
  });
}

const WORDS: readonly (readonly [argv: readonly string[], words: readonly string[]])[] = [
  [['ps'], []],
  [
    ['ps', 'nginx', 'worker process'],
    ['nginx', 'worker process'],
  ],
  [['snapshot', 'nginx'], ['nginx']],
  [['--sort', 'cpu', 'ps', 'nginx'], ['nginx']],
  [['ps', '--tree', 'nginx'], ['nginx']],
  [
    ['ps', '--tree', '--', 'false', '--json', '-x'],
    ['false', '--json', '-x'],
  ],
  [
    ['ps', 'ps', 'snapshot'],
    ['ps', 'snapshot'],
  ],
  [['run'], []],
];
for (const [argv, words] of WORDS) {
  test(`keeps the words of "procmond ${argv.join(' ')}"`, () => {
    assert.deepEqual(problems(...argv), []);
    assert.deepEqual(parseArguments(argv).words, words);
  });
}

test('keeps --json the same as --format json', () => {
  const [setting] = parseArguments(['ps', '--json']).given;
  assert.deepEqual([setting?.option.name, setting?.value, setting?.origin], ['format', 'json', 'flag --json']);
});

test('keeps a sort column with a dash its value, as ps(1) takes it', () => {
  assert.deepEqual(given('ps', '--sort', '-rss,+pid', '--reverse'), { sort: ['-rss', '+pid'], reverse: true });
  assert.deepEqual(given('ps', '--sort=-rss'), { sort: ['-rss'] });
  assert.equal(parseArguments(['ps', '--sort', '-h']).request, 'help');
});

const SWITCHES: readonly (readonly [argv: readonly string[], value: boolean])[] = [
  [['--enhanced-metadata'], true],
  [['--enhanced_metadata=true'], true],
  [['--enhanced-metadata=yes'], true],
  [['--enhanced-metadata=on'], true],
  [['--enhanced-metadata=1'], true],
  [['--enhanced-metadata=false'], false],
  [['--enhanced_metadata=no'], false],
  [['--enhanced-metadata=off'], false],
  [['--enhanced-metadata=0'], false],
  [['--no-enhanced-metadata'], false],
  [['--no_enhanced_metadata'], false],
];
for (const [argv, value] of SWITCHES) {
  test(`keeps ${argv.join(' ')} meaning ${value}`, () => {
    assert.deepEqual(problems(...argv), []);
    assert.deepEqual(given(...argv), { 'enhanced-metadata': value });
  });
}

test('keeps a bare switch from swallowing the next word', () => {
  assert.equal(parseArguments(['--enhanced-metadata', 'ps']).command, 'ps');
  assert.deepEqual(problems('--once', 'false'), [
    'command line: "false" is an unexpected word; did you mean --once=false?',
  ]);
});

test('keeps the source of a value as the canonical flag', () => {
  assert.equal(parseArguments(['--max_processes=1']).given[0]?.origin, 'flag --max-processes');
});

for (const option of SETTING_OPTIONS) {
  if (option.kind === 'boolean') continue;
  test(`keeps --${option.name} from being given without its value`, () => {
    const command = option.commands[0] ?? 'run';
    const expected = new RegExp(`^flag --${option.name} is given without its value; expected `);
    for (const argv of [
      [`--${option.name}`],
      [`--${option.name}=`],
      [`--${option.name}`, ''],
      [`--${option.name}`, '--help'],
    ]) {
      const found = problems(command, ...operandFor(command), ...argv);
      assert.equal(found.length, 1, found.join('\n'));
      assert.match(found[0] ?? '', expected);
    }
  });
}

for (const option of SETTING_OPTIONS) {
  test(`keeps a repeated --${option.name} an error, in either spelling`, () => {
    const value = {
      list: option.kind === 'list' ? listItems(option)[0] : '',
      integer: '1',
      seconds: '60',
      bytes: byteAmounts(option)[0],
      port: '1',
      boolean: 'no',
      path: '/x',
      directories: '/x, /y',
      socket: '/x',
      text: 'x',
      host: 'h',
      url: 'http://h',
    };
    const text = option.kind === 'enum' ? option.values[0] : value[option.kind];
    const command = option.commands[0] ?? 'run';
    const found = problems(
      command,
      ...operandFor(command),
      `--${option.name}=${text}`,
      `--${option.name.replaceAll('-', '_')}=${text}`,
    );
    assert.deepEqual(found, [`flag --${option.name} is given more than once`]);
  });
}

test('keeps a switch and its negation from being given together', () => {
  assert.deepEqual(problems('--once', '--no-once'), ['flag --once is given more than once']);
});

for (const option of OPTIONS) {
  test(`keeps the mistyped --${option.name} an error that names it`, () => {
    const mistyped = `--${option.name.slice(0, -1)}_`;
    const found = problems(mistyped);
    assert.deepEqual(found, [
      `flag ${mistyped.replaceAll('_', '-')} is no option of procmond; did you mean --${option.name}?`,
    ]);
  });
}

const MISTAKES: readonly (readonly [story: string, argv: readonly string[], problems: readonly string[]])[] = [
  ['an unknown option far from all', ['--frobnicate'], ['flag --frobnicate is no option of procmond']],
  [
    'the value of a mistyped option',
    ['--intervall', '10'],
    ['flag --intervall is no option of procmond; did you mean --interval?'],
  ],
  ['one dash', ['-interval', '10'], ['flag -interval is no option of procmond; did you mean --interval?']],
  ['an unknown short option', ['-x'], ['flag -x is no option of procmond']],
  ['a group of short options', ['-hV'], ['flag -hV is no option of procmond']],
  ['a value for a negation', ['--no-once=true'], ['flag --no-once: "true" takes no value']],
  ['a value for --help', ['--help=ps'], ['flag --help: "ps" takes no value']],
  ['a negated value', ['--no-interval'], ['flag --no-interval is no option of procmond; did you mean --interval?']],
  [
    'a negative number',
    ['--interval', '-5'],
    ['flag --interval: "-5" is too small; expected whole seconds, 5 to 3600'],
  ],
  ['an unknown command', ['snapsot'], ['command line: "snapsot" is an unexpected word; did you mean snapshot?']],
  ['a second word', ['config', 'aux'], ['command line: "aux" is an unexpected word']],
  [
    'a word before the command',
    ['nginx', 'ps'],
    ['command line: "nginx" is an unexpected word', 'command line: "ps" is an unexpected word; did you mean ps?'],
  ],
  ['an empty word', ['ps', ' '], ['command line: " " is an empty word, which every process holds']],
  [
    'the value of a switch among words',
    ['ps', '--tree', 'false'],
    ['command line: "false" is an unexpected word; did you mean --tree=false?'],
  ],
  [
    'no target of an analysis',
    ['trigger', '--pid', '7'],
    ['command line lacks the target; expected <target> behind the command'],
  ],
  ['a second target', ['trigger', 'a', 'b'], ['command line: "b" is an unexpected word']],
  ['an empty pattern', ['tail', ' '], ['command line: " " is no pattern']],
  [
    'an unknown action',
    ['outbox', 'retri'],
    ['command line: "retri" is no action; expected retry; did you mean retry?'],
  ],
  [
    'the value of a switch where a pattern may stand',
    ['tail', '--once', 'false'],
    [
      'command line: "false" is an unexpected word; did you mean --once=false?',
      'flag --once does not belong to the command tail, only to run, config, doctor',
    ],
  ],
  ['a word for status', ['status', 'now'], ['command line: "now" is an unexpected word']],
  ['a value for a shorthand', ['ps', '--json=true'], ['flag --json: "true" takes no value']],
  ['a shorthand twice', ['ps', '--json', '--json'], ['flag --json is given more than once']],
  ['a shorthand and what it stands for', ['ps', '--json', '--format=json'], ['flag --format sets the same as --json']],
  ['a shorthand after the other', ['ps', '--format=ndjson', '--json'], ['flag --json sets the same as --format']],
  ['a negated shorthand', ['ps', '--no-json'], ['flag --no-json is no option of procmond']],
  [
    'a sort column with a dash, of which there is none',
    ['ps', '--sort', '-cpuu', '--user', 'root'],
    [
      `flag --sort: "-cpuu" is not one of the known names; expected some of ${COLUMN_NAMES.join(', ')}, each after + or - if you like, with commas between; did you mean -cpu?`,
    ],
  ],
  [
    'a dash where a list has no signs',
    ['ps', '--columns', '-rss'],
    [
      `flag --columns is given without its value; expected some of ${COLUMN_NAMES.join(', ')}, with commas between`,
      'flag -rss is no option of procmond',
    ],
  ],
  ['words after --', ['run', '--', '--interval'], ['command line: "--interval" is an unexpected word']],
  ['an unknown topic of help', ['help', 'snap'], ['command line: "snap" is an unexpected word']],
  [
    'a command where another was given',
    ['run', 'snapshot'],
    ['command line: "snapshot" is an unexpected word; did you mean snapshot?'],
  ],
];
for (const [story, argv, expected] of MISTAKES) {
  test(`keeps a clear answer to a mistake: ${story}`, () => assert.deepEqual(problems(...argv), expected));
}

test('keeps options from commands they do not belong to', () => {
  assert.deepEqual(problems('ps', '--endpoint', 'http://h', '--format=json'), [
    'flag --endpoint does not belong to the command ps, only to run, config, doctor',
  ]);
  assert.deepEqual(problems('--format', 'json'), [
    'flag --format does not belong to the command run, only to ps, snapshot, tail, status, trigger, outbox, doctor',
  ]);
  assert.deepEqual(problems('--json'), [
    'flag --json does not belong to the command run, only to ps, snapshot, tail, status, trigger, outbox, doctor',
  ]);
  assert.deepEqual(problems('version', '--log-level', 'info'), [
    'flag --log-level does not belong to the command version, only to run, ps, snapshot, tail, status, trigger, outbox, config, doctor',
  ]);
});

test('keeps an unknown command from being blamed for its options too', () => {
  assert.deepEqual(problems('pss', '--format', 'json'), [
    'command line: "pss" is an unexpected word; did you mean ps?',
  ]);
});

test('keeps secrets out of what is said about mistakes', () => {
  const said = problems(
    '--endpont=http://u:hunter2@h',
    'http://u:hunter2@h/?k=hunter2',
    '--endpoint',
    'ftp://u:hunter2@h',
  ).join('\n');
  assert.doesNotMatch(said, /hunter2/);
  assert.match(said, /\*\*\*@h/);
});

test('keeps hostile bytes of the command line out of the terminal', () => {
  assert.deepEqual(problems('\u001b[2J\n'), ['command line: "\\x1b[2J\\n" is an unexpected word']);
});

const REQUESTS: readonly (readonly [
  argv: readonly string[],
  request: string | undefined,
  command: string,
  topic?: string,
])[] = [
  [[], undefined, 'run'],
  [['--help'], 'help', 'run'],
  [['-h'], 'help', 'run'],
  [['--version'], 'version', 'run'],
  [['-V'], 'version', 'run'],
  [['--version', '--help'], 'help', 'run'],
  [['ps', '--help'], 'help', 'ps', 'ps'],
  [['-h', 'run'], 'help', 'run', 'run'],
  [['help'], undefined, 'help'],
  [['help', 'snapshot'], undefined, 'help', 'snapshot'],
  [['help', 'ps', '-h'], 'help', 'help', 'ps'],
  [['nonsense', '--help'], 'help', 'run'],
  [['version'], undefined, 'version'],
];
for (const [argv, request, command, topic] of REQUESTS) {
  test(`keeps "procmond ${argv.join(' ')}" meaning ${request ?? command} ${topic ?? ''}`.trim(), () => {
    const parsed = parseArguments(argv);
    assert.deepEqual([parsed.request, parsed.command, parsed.topic], [request, command, topic]);
  });
}

test('keeps the one word behind a command that takes one, whatever is in it', () => {
  for (const [argv, command, words] of [
    [['tail', 'collector/process/#'], 'tail', ['collector/process/#']],
    [['tail', '--json'], 'tail', []],
    [['--json', 'tail', '+/+/events'], 'tail', ['+/+/events']],
    [['trigger', 'binary-hasher', '--pid', '7'], 'trigger', ['binary-hasher']],
    [['outbox', 'retry'], 'outbox', ['retry']],
    [['outbox'], 'outbox', []],
  ] as const) {
    const parsed = parseArguments(argv);
    assert.deepEqual([parsed.command, parsed.words, parsed.problems], [command, words, []]);
  }
});
