import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ENVIRONMENT_OPTIONS,
  environmentVariable,
  SETTING_OPTIONS,
  type SettingOption,
} from '../../src/config/option-table.ts';
import { describeProblem } from '../../src/config/problem.ts';
import { readEnvironment, readStandardVariables } from '../../src/config/read-environment.ts';
import { byteAmounts } from './byte-amounts.ts';
import { listItems } from './list-items.ts';

function read(env: Record<string, string>, reader = readEnvironment) {
  const { given, problems } = reader(env);
  return {
    given: Object.fromEntries(given.map(({ option, value, origin }) => [option.name, [value, origin]])),
    problems: problems.map(describeProblem),
  };
}

const VALUES = {
  integer: ['7', 7],
  seconds: ['60', 60_000],
  port: ['0', 0],
  boolean: ['on', true],
  path: ['/x', '/x'],
  directories: ['/x,/y', '/x, /y'],
  socket: ['none', ''],
  text: ['x', 'x'],
  host: ['::1', '::1'],
  url: ['http://h', 'http://h/v1/logs'],
} as const;

function exampleOf(option: SettingOption) {
  if (option.kind === 'enum') return [option.values[0], option.values[0]];
  if (option.kind === 'bytes') return [byteAmounts(option)[0], Number(byteAmounts(option)[0])];
  if (option.kind !== 'list') return VALUES[option.kind];
  const items = listItems(option);
  return [items.join(','), items];
}

for (const option of ENVIRONMENT_OPTIONS) {
  const name = environmentVariable(option);
  test(`keeps ${name} in force for --${option.name}`, () => {
    const [text, value] = exampleOf(option);
    assert.deepEqual(read({ [name]: String(text) }), {
      given: { [option.name]: [value, `environment ${name}`] },
      problems: [],
    });
  });
  test(`keeps a mistyped ${name} from being overlooked`, () => {
    const mistyped = `${name.slice(0, -1)}_`;
    const { problems } = read({ [mistyped]: 'x' });
    assert.deepEqual(problems, [`environment ${mistyped} is no variable of procmond; did you mean ${name}?`]);
  });
}

for (const option of SETTING_OPTIONS.filter(({ flagOnly }) => flagOnly)) {
  const name = environmentVariable(option);
  test(`keeps --${option.name} a question that no variable asks for good`, () => {
    assert.match(read({ [name]: '1' }).problems.join(), new RegExp(`^environment ${name} is no variable of procmond`));
  });
}

test('keeps a wrong value with its variable, range and all', () => {
  assert.deepEqual(read({ PROCMOND_INTERVAL: '2.5', PROCMOND_EMIT: 'change' }).problems, [
    'environment PROCMOND_EMIT: "change" is not one of the known values; expected all or changes; did you mean changes?',
    'environment PROCMOND_INTERVAL: "2.5" is not a whole number; expected whole seconds, 5 to 3600',
  ]);
});

test('keeps an empty variable the same as none, known or not', () => {
  assert.deepEqual(read({ PROCMOND_INTERVAL: '', PROCMOND_NONSENSE: ' ' }), { given: {}, problems: [] });
});

test('keeps to its own prefix', () => {
  assert.deepEqual(read({ PROC_ROOT: 'x', procmond_interval: '1', XPROCMOND_A: '1' }), { given: {}, problems: [] });
});

test('keeps the value of an unknown variable to itself, since it may be a secret', () => {
  assert.deepEqual(read({ PROCMOND_API_TOKEN: 'hunter2' }).problems, [
    'environment PROCMOND_API_TOKEN is no variable of procmond',
  ]);
});

test('keeps what Kubernetes says about a Service called procmond out of the configuration', () => {
  assert.deepEqual(
    read({
      PROCMOND_SERVICE_HOST: '10.0.0.7',
      PROCMOND_SERVICE_PORT: '9464',
      PROCMOND_SERVICE_PORT_METRICS: '9464',
      PROCMOND_PORT: 'tcp://10.0.0.7:9464',
      PROCMOND_PORT_9464_TCP: 'tcp://10.0.0.7:9464',
      PROCMOND_PORT_9464_TCP_PROTO: 'tcp',
      PROCMOND_PORT_9464_TCP_PORT: '9464',
      PROCMOND_PORT_9464_TCP_ADDR: '10.0.0.7',
      PROCMOND_METRICS_SERVICE_HOST: '10.0.0.8',
      PROCMOND_METRICS_PORT: 'tcp://10.0.0.8:9464',
      PROCMOND_METRICS_PORT_9464_TCP_ADDR: '10.0.0.8',
    }),
    { given: {}, problems: [] },
  );
  assert.equal(read({ PROCMOND_PORT: '9464' }).problems.length, 1);
  assert.deepEqual(read({ PROCMOND_METRICS_PORT: '9464' }).given, {
    'metrics-port': [9464, 'environment PROCMOND_METRICS_PORT'],
  });
});

const LOGS = 'OTEL_EXPORTER_OTLP_LOGS_ENDPOINT';
const GENERAL = 'OTEL_EXPORTER_OTLP_ENDPOINT';

test('keeps the endpoint of the logs signal whole, and the general one a base', () => {
  assert.deepEqual(read({ [LOGS]: 'http://l/in', [GENERAL]: 'http://g' }, readStandardVariables).given, {
    endpoint: ['http://l/in', `environment ${LOGS}`],
  });
  assert.deepEqual(read({ [LOGS]: ' ', [GENERAL]: 'http://g/in?a=b' }, readStandardVariables).given, {
    endpoint: ['http://g/in/v1/logs?a=b', `environment ${GENERAL}`],
  });
});

test('keeps a wrong standard endpoint an error only where it is the one in force', () => {
  assert.deepEqual(read({ [LOGS]: 'http://l/', [GENERAL]: 'collector:4317' }, readStandardVariables).problems, []);
  assert.match(
    read({ [GENERAL]: 'collector:4317' }, readStandardVariables).problems.join(),
    /^environment OTEL_EXPORTER_OTLP_ENDPOINT: "collector:4317" has no scheme/,
  );
});
