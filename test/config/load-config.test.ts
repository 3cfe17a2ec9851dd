import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ConfigSources, type LoadedConfig, loadConfig } from '../../src/config/load-config.ts';
import { OPTIONS, SETTING_OPTIONS } from '../../src/config/option-table.ts';
import { describeProblem } from '../../src/config/problem.ts';
import { byteAmounts } from './byte-amounts.ts';
import { listItems } from './list-items.ts';

interface Given extends Partial<Omit<ConfigSources, 'argv'>> {
  readonly argv?: string;
  /** Content of /etc/p.yaml. */
  readonly file?: string;
}

function load({ argv = '', file = '', ...sources }: Given) {
  return loadConfig({
    argv: argv === '' ? [] : argv.split(' '),
    env: {},
    homeDirectory: '/home/u',
    effectiveUserId: 1000,
    readConfigFile: (path) =>
      path === '/etc/p.yaml'
        ? { ok: true, text: file, mode: 0o644, ownerUserId: 1000 }
        : { ok: false, reason: 'cannot be read: ENOENT' },
    ...sources,
  });
}

function loaded(given: Given): LoadedConfig {
  const result = load(given);
  if (!result.ok) assert.fail(result.problems.map(describeProblem).join('\n'));
  if (result.command === 'help' || result.command === 'version') assert.fail(result.command);
  return result;
}

function problems(given: Given): string[] {
  const result = load(given);
  return result.ok ? [] : result.problems.map(describeProblem);
}

function setting(given: Given, name: string) {
  const found = loaded(given).settings.find(({ option }) => option.name === name);
  return [found?.text, found?.origin];
}

test('keeps the documented defaults when nothing is given', () => {
  const { command, config, settings, warnings } = loaded({});
  assert.equal(command, 'run');
  assert.deepEqual(config, {
    intervalMillis: 30_000,
    maxProcessesPerCycle: 0,
    collectEnhancedMetadata: true,
    computeExecutableHashes: false,
    hashBudgetMillis: 1_000,
    hashBytesPerSecond: 67_108_864,
    hashConcurrency: 2,
    hashRoots: '/usr/bin, /usr/sbin, /bin, /sbin, /usr/local/bin, /usr/local/sbin, /usr/lib, /opt',
    countFileDescriptors: false,
    refreshCycles: 10,
    kernelThreads: 'include',
    commandLine: 'redacted',
    maxArguments: 256,
    maxArgumentBytes: 8_192,
    maxTextBytes: 4_096,
    redactFingerprints: true,
    enumerator: 'auto',
    once: false,
    endpoint: 'http://localhost:4318/v1/logs',
    emit: 'all',
    inventoryIntervalMillis: 3_600_000,
    maxRecordBytes: 32_768,
    outboxMaxBytes: 1_073_741_824,
    outboxMaxAgeMillis: 0,
    dataDirectory: '/home/u/.local/state/procmond',
    metricsHost: '127.0.0.1',
    metricsPort: 9464,
    controlSocket: '/home/u/.local/state/procmond/control.sock',
    procRoot: '/proc',
    passwdFile: '/etc/passwd',
    groupFile: '/etc/group',
    machineIdFile: '/etc/machine-id',
    format: 'table',
    sort: ['pid'],
    reverse: false,
    columns: [],
    tree: false,
    users: [],
    pids: [],
    states: [],
    analysisPath: '',
    analysisType: 'binary_hash',
    analysisPriority: 'normal',
    correlationId: '',
    analysisMetadata: [],
    logLevel: 'info',
    logFormat: 'text',
  });
  assert.deepEqual(
    settings.map(({ option }) => option),
    SETTING_OPTIONS,
  );
  assert.deepEqual(new Set(settings.map(({ origin }) => origin)), new Set(['default']));
  assert.deepEqual(warnings, []);
});

test('keeps what is asked about processes: words, and lists of each kind', () => {
  const { words, config } = loaded({
    argv: 'ps --user root,0 --pid 7,1 --state z,T --sort -%CPU --columns pid,args web',
  });
  assert.deepEqual(words, ['web']);
  assert.deepEqual(
    [config.users, config.pids, config.states, config.sort, config.columns],
    [['root', '0'], [7, 1], ['defunct', 'stopped'], ['-cpu'], ['pid', 'command']],
  );
});

test('keeps the invocation people know working, word for word', () => {
  const { config } = loaded({ argv: '--interval 10 --max_processes 500 --enhanced_metadata --compute_hashes' });
  assert.equal(config.intervalMillis, 10_000);
  assert.equal(config.maxProcessesPerCycle, 500);
  assert.equal(config.collectEnhancedMetadata, true);
  assert.equal(config.computeExecutableHashes, true);
});

const LOGS = 'OTEL_EXPORTER_OTLP_LOGS_ENDPOINT';
const GENERAL = 'OTEL_EXPORTER_OTLP_ENDPOINT';
const EVERYWHERE = {
  argv: '--config /etc/p.yaml --endpoint http://flag',
  env: { PROCMOND_ENDPOINT: 'http://own', [LOGS]: 'http://logs/whole', [GENERAL]: 'http://general' },
  file: 'endpoint: http://file',
};
const NO_FLAG = { ...EVERYWHERE, argv: '--config /etc/p.yaml' };
const PRECEDENCE: readonly (readonly [string, Given, string, string])[] = [
  ['a flag over all', EVERYWHERE, 'http://flag/v1/logs', 'flag --endpoint'],
  ['PROCMOND_* over the rest', NO_FLAG, 'http://own/v1/logs', 'environment PROCMOND_ENDPOINT'],
  [
    'the logs variable over the general one',
    { ...NO_FLAG, env: { ...EVERYWHERE.env, PROCMOND_ENDPOINT: '' } },
    'http://logs/whole',
    `environment ${LOGS}`,
  ],
  [
    'the general variable over the file',
    { ...NO_FLAG, env: { [GENERAL]: 'http://general' } },
    'http://general/v1/logs',
    `environment ${GENERAL}`,
  ],
  ['the file over the default', { ...NO_FLAG, env: {} }, 'http://file/v1/logs', 'file /etc/p.yaml'],
  ['the default last', {}, 'http://localhost:4318/v1/logs', 'default'],
];
for (const [story, given, url, origin] of PRECEDENCE) {
  test(`keeps the order of sources: ${story}`, () => {
    assert.equal(loaded(given).config.endpoint, url);
    assert.deepEqual(setting(given, 'endpoint'), [url, origin]);
  });
}

for (const option of SETTING_OPTIONS) {
  if (!option.inFile) continue;
  const command = option.commands[0];
  const values: Record<string, readonly [string, string, string]> = {
    integer: ['1', '2', '3'],
    port: ['1', '2', '3'],
    seconds: ['61', '62', '63'],
    bytes: byteAmounts(option),
    boolean: ['true', 'false', 'true'],
    path: ['/a', '/b', '/c'],
    directories: ['/a', '/b, /c', '/c'],
    socket: ['/a', '/b', 'none'],
    host: ['a', 'b', 'c'],
    url: ['http://a/v1/logs', 'http://b/v1/logs', 'http://c/v1/logs'],
    list: option.kind === 'list' ? listItems(option) : ['', '', ''],
    enum:
      option.kind === 'enum'
        ? [option.values[0] ?? '', option.values[1] ?? '', option.values.at(-1) ?? '']
        : ['', '', ''],
  };
  const [flag, variable, key] = values[option.kind] ?? ['', '', ''];
  test(`keeps flag over environment over file for ${option.name}`, () => {
    const name = `PROCMOND_${option.name.replaceAll('-', '_').toUpperCase()}`;
    const file = `${option.name}: ${key}`;
    const env = { PROCMOND_CONFIG: '/etc/p.yaml', [name]: variable };
    assert.deepEqual(setting({ argv: `${command} --${option.name}=${flag}`, env, file }, option.name), [
      flag,
      `flag --${option.name}`,
    ]);
    assert.deepEqual(setting({ argv: command ?? '', env, file }, option.name), [variable, `environment ${name}`]);
    assert.deepEqual(setting({ argv: command ?? '', env: { ...env, [name]: '' }, file }, option.name), [
      key,
      'file /etc/p.yaml',
    ]);
  });
}

test('keeps a file value of false or 0 from falling back to the default', () => {
  const { config } = loaded({ argv: '--config /etc/p.yaml', file: 'enhanced_metadata: false\nmetrics-port: 0' });
  assert.equal(config.collectEnhancedMetadata, false);
  assert.equal(config.metricsPort, 0);
});

test('keeps the flag that names the file over the variable', () => {
  const given = { argv: '--config /etc/p.yaml', env: { PROCMOND_CONFIG: '/nowhere' }, file: 'interval: 11' };
  assert.deepEqual(setting(given, 'interval'), ['11', 'file /etc/p.yaml']);
  assert.deepEqual(setting(given, 'config'), ['/etc/p.yaml', 'flag --config']);
});

test('keeps all mistakes told at once, wherever they were made', () => {
  assert.deepEqual(
    problems({
      argv: '--interval 2.5 --once --once --intervl 3 --config /etc/p.yaml snapsot',
      env: {
        PROCMOND_EMIT: 'changed',
        PROCMOND_INTERVL: '1',
        OTEL_SDK_DISABLED: 'true',
        [GENERAL]: 'collector:4317',
      },
      file: 'metrics-port: 65536\nemit: everything\nlog_lvl: info',
    }),
    [
      'flag --interval: "2.5" is not a whole number; expected whole seconds, 5 to 3600',
      'flag --once is given more than once',
      'flag --intervl is no option of procmond; did you mean --interval?',
      'command line: "snapsot" is an unexpected word; did you mean snapshot?',
      'environment PROCMOND_EMIT: "changed" is not one of the known values; expected all or changes; did you mean changes?',
      'environment PROCMOND_INTERVL is no variable of procmond; did you mean PROCMOND_INTERVAL?',
      `environment ${GENERAL}: "collector:4317" has no scheme: http:// or https:// must stand before the host; expected a URL such as http://localhost:4318`,
      'file /etc/p.yaml line 1, metrics-port: "65536" is too large; expected a whole number, 0 to 65535',
      'file /etc/p.yaml line 2, emit: "everything" is not one of the known values; expected all or changes',
      'file /etc/p.yaml line 3, log_lvl is no key of the configuration file; did you mean log-level?',
      'environment OTEL_SDK_DISABLED: "true" would drop every record in silence: unset it; expected false, or nothing',
    ],
  );
});

test('keeps an overruled mistake a mistake', () => {
  assert.equal(problems({ argv: '--interval 10', env: { PROCMOND_INTERVAL: 'x' } }).length, 1);
});

test('keeps a missing configuration file an error that names it and who named it', () => {
  assert.deepEqual(problems({ argv: '--config /nowhere' }), ['flag --config: "/nowhere" cannot be read: ENOENT']);
  assert.deepEqual(problems({ env: { PROCMOND_CONFIG: '/nowhere' } }), [
    'environment PROCMOND_CONFIG: "/nowhere" cannot be read: ENOENT',
  ]);
});

test('keeps a file over 1 MiB out, whoever read it', () => {
  assert.match(
    problems({ argv: '--config /etc/p.yaml', file: `#${'ü'.repeat(524_288)}` }).join(),
    /is larger than 1MiB/,
  );
});

const OWNERS: readonly (readonly [
  story: string,
  euid: number,
  mode: number,
  owner: number,
  problem: RegExp | undefined,
])[] = [
  ['root reads what root alone may write', 0, 0o644, 0, undefined],
  ['root refuses what its group may write', 0, 0o664, 0, /writable by others than root \(mode 0664\)/],
  ['root refuses what everyone may write', 0, 0o646, 0, /writable by others than root \(mode 0646\)/],
  ['root refuses the file of another', 0, 0o600, 1000, /belongs to user 1000/],
  ['others read what they like', 1000, 0o666, 7, undefined],
];
for (const [story, effectiveUserId, mode, ownerUserId, problem] of OWNERS) {
  test(`keeps the configuration of root in root's hands: ${story}`, () => {
    const found = problems({
      argv: '--config /etc/p.yaml',
      effectiveUserId,
      readConfigFile: () => ({ ok: true, text: 'interval: 10', mode, ownerUserId }),
    });
    assert.equal(found.length, problem === undefined ? 0 : 1);
    if (problem !== undefined) assert.match(found[0] ?? '', problem);
  });
}

test('keeps root at /var/lib/procmond', () => {
  assert.equal(loaded({ effectiveUserId: 0 }).config.dataDirectory, '/var/lib/procmond');
});

test('keeps a user without a home from a store in a random place', () => {
  assert.deepEqual(problems({ homeDirectory: '' }), [
    'default of --data-dir cannot be told, since this user has no home directory; expected --data-dir or PROCMOND_DATA_DIR with an absolute path',
  ]);
  assert.deepEqual(problems({ homeDirectory: '', argv: '--data-dir /d' }), []);
  assert.deepEqual(problems({ homeDirectory: '', argv: 'ps' }), []);
});

test('keeps a relative data directory out, whatever names it', () => {
  for (const given of [
    { argv: '--data-dir state' },
    { env: { PROCMOND_DATA_DIR: './state' } },
    { argv: '--config /etc/p.yaml', file: 'data-dir: state' },
  ]) {
    assert.match(problems(given).join(), /relative path.*expected an absolute path/);
  }
});

test('keeps the environment of OpenTelemetry from stopping commands that send nothing', () => {
  const env = { OTEL_SDK_DISABLED: 'true', OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc', [GENERAL]: 'nonsense' };
  assert.equal(loaded({ argv: 'ps', env }).command, 'ps');
  assert.equal(loaded({ argv: 'snapshot', env }).command, 'snapshot');
  assert.equal(problems({ env }).length, 3);
  assert.equal(problems({ argv: 'config', env }).length, 3);
});

test('keeps help and version answerable whatever else is wrong with environment and file', () => {
  const env = { PROCMOND_NONSENSE: '1', PROCMOND_CONFIG: '/nowhere', OTEL_SDK_DISABLED: 'true' };
  assert.deepEqual(load({ argv: 'help', env }), { ok: true, command: 'help', topic: undefined });
  assert.deepEqual(load({ argv: '--interval x --help', env }), { ok: true, command: 'help', topic: undefined });
  assert.deepEqual(load({ argv: 'ps -h', env }), { ok: true, command: 'help', topic: 'ps' });
  assert.deepEqual(load({ argv: 'version', env }), { ok: true, command: 'version' });
  assert.deepEqual(load({ argv: '-V', env }), { ok: true, command: 'version' });
});

test('keeps a warning for what works but was hardly meant', () => {
  assert.deepEqual(loaded({ argv: '--endpoint http://h:4317' }).warnings.length, 1);
  assert.match(loaded({ argv: '--endpoint http://u:hunter2@h' }).warnings.join(), /given with a password as a flag/);
  assert.deepEqual(loaded({ env: { PROCMOND_ENDPOINT: 'http://u:hunter2@h' } }).warnings, []);
});

test('keeps secrets out of everything but the configuration itself', () => {
  const result = loaded({ argv: '--endpoint http://u:hunter2@h:4317/?k=hunter2' });
  assert.equal(result.config.endpoint, 'http://u:hunter2@h:4317/v1/logs?k=hunter2');
  assert.doesNotMatch(JSON.stringify({ ...result, config: {} }), /hunter2/);
  for (const env of [
    { PROCMOND_ENDPOINT: 'u:hunter2@h' },
    { [GENERAL]: 'u:hunter2@h' },
    { [LOGS]: 'ftp://u:hunter2@h' },
  ]) {
    const found = problems({ env });
    assert.equal(found.length, 1);
    assert.doesNotMatch(found.join(), /hunter2/);
  }
});

test('keeps each problem with its facts apart, for programs', () => {
  assert.deepEqual(load({ argv: '--log-level=wran' }), {
    ok: false,
    problems: [
      {
        name: 'log-level',
        origin: 'flag --log-level',
        value: 'wran',
        reason: 'is not one of the known values',
        allowed: 'error, warn, info or debug',
        nearest: 'warn',
      },
    ],
    conditions: [],
  });
});

test('keeps the configuration from being changed after it was made', () => {
  assert.ok(Object.isFrozen(loaded({}).config));
});

test('keeps every option known to some command', () => {
  assert.deepEqual(
    OPTIONS.filter(({ commands }) => commands.length === 0),
    [],
  );
});

const SOCKETS: readonly (readonly [promise: string, Given, path: string, origin: string])[] = [
  ['lies beside the data', {}, '/home/u/.local/state/procmond/control.sock', 'default'],
  ['lies beside the data wherever they are', { argv: '--data-dir /d' }, '/d/control.sock', 'default'],
  ['lies where it is wanted', { argv: '--control-socket /run/p.sock' }, '/run/p.sock', 'flag --control-socket'],
  [
    'is not there when it is not wanted',
    { env: { PROCMOND_CONTROL_SOCKET: 'none' } },
    'none',
    'environment PROCMOND_CONTROL_SOCKET',
  ],
  ['is not there where there are no Unix sockets', { effectiveUserId: undefined }, 'none', 'default'],
  [
    'is not there for a single cycle in a deep directory',
    { argv: `--once --data-dir /${'d'.repeat(120)}` },
    'none',
    'default',
  ],
];
for (const [promise, given, path, origin] of SOCKETS) {
  test(`keeps the control socket where it belongs: it ${promise}`, () => {
    assert.deepEqual(setting(given, 'control-socket'), [path, origin]);
    assert.equal(loaded(given).config.controlSocket, path === 'none' ? '' : path);
  });
}

test('keeps a path too long for a socket an error that says what to do, also where it follows from another', () => {
  assert.deepEqual(problems({ argv: `--control-socket /${'s'.repeat(107)}` }), [
    `flag --control-socket: "/${'s'.repeat(107)}" has 108 bytes; the path of a Unix socket has room for 107; ` +
      'expected an absolute path of at most 107 bytes, or none',
  ]);
  assert.equal(loaded({ argv: `--control-socket /${'s'.repeat(106)}` }).config.controlSocket.length, 107);
  const directory = `/${'ä'.repeat(50)}`;
  for (const command of ['run', 'status']) {
    assert.deepEqual(problems({ argv: `${command} --data-dir ${directory}` }), [
      `default of --control-socket: "${directory}/control.sock" has 114 bytes; the path of a Unix socket has room for 107; ` +
        'expected --control-socket with a shorter path, or --control-socket none',
    ]);
  }
  assert.deepEqual(problems({ argv: `snapshot --data-dir ${directory}` }), []);
  assert.match(problems({ argv: '--control-socket p.sock' })[0] ?? '', / is a relative path, /);
});
