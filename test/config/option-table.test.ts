import assert from 'node:assert/strict';
import { test } from 'node:test';
import { COMMAND_NAMES } from '../../src/config/commands.ts';
import type { Config } from '../../src/config/config.ts';
import { allowedText, defaultText, flagText, rangeText, settingText } from '../../src/config/describe-option.ts';
import { environmentVariable, OPTION_GROUPS, OPTIONS, SETTING_OPTIONS } from '../../src/config/option-table.ts';
import { parseOptionValue } from '../../src/config/parse-option-value.ts';

/** A key of `Config` that is missing here does not compile. */
const CONFIG_KEYS: Record<keyof Config, true> = {
  intervalMillis: true,
  maxProcessesPerCycle: true,
  collectEnhancedMetadata: true,
  computeExecutableHashes: true,
  hashBudgetMillis: true,
  hashBytesPerSecond: true,
  hashConcurrency: true,
  hashRoots: true,
  countFileDescriptors: true,
  refreshCycles: true,
  kernelThreads: true,
  commandLine: true,
  maxArguments: true,
  maxArgumentBytes: true,
  maxTextBytes: true,
  redactFingerprints: true,
  enumerator: true,
  once: true,
  endpoint: true,
  emit: true,
  inventoryIntervalMillis: true,
  maxRecordBytes: true,
  outboxMaxBytes: true,
  outboxMaxAgeMillis: true,
  dataDirectory: true,
  metricsHost: true,
  metricsPort: true,
  controlSocket: true,
  procRoot: true,
  passwdFile: true,
  groupFile: true,
  machineIdFile: true,
  format: true,
  sort: true,
  reverse: true,
  columns: true,
  tree: true,
  users: true,
  pids: true,
  states: true,
  analysisPath: true,
  analysisType: true,
  analysisPriority: true,
  correlationId: true,
  analysisMetadata: true,
  logLevel: true,
  logFormat: true,
};

test('keeps one row for every key of Config', () => {
  const keys = SETTING_OPTIONS.flatMap(({ key }) => (key === undefined ? [] : [key]));
  assert.deepEqual(keys.toSorted(), Object.keys(CONFIG_KEYS).toSorted());
});

test('keeps names unique, in kebab-case, and no name the negation of another', () => {
  const names = OPTIONS.map(({ name }) => name);
  assert.equal(new Set(names).size, names.length);
  for (const name of names) {
    assert.match(name, /^[a-z]+(-[a-z]+)*$/);
    assert.equal(names.includes(`no-${name}`), false);
  }
});

test('keeps every default a value the option itself accepts', () => {
  for (const option of SETTING_OPTIONS) {
    if (option.default === undefined || typeof option.default === 'object') continue;
    assert.equal(parseOptionValue(option, String(option.default)).ok, true, option.name);
  }
});

test('keeps what is printed for a value readable as the same value', () => {
  for (const option of SETTING_OPTIONS) {
    if (option.default === undefined || typeof option.default === 'object') continue;
    const parsed = parseOptionValue(option, String(option.default));
    assert.ok(parsed.ok);
    assert.deepEqual(parseOptionValue(option, settingText(option, parsed.value)), parsed, option.name);
  }
});

test('keeps each option described, grouped and owned by commands that exist', () => {
  for (const option of OPTIONS) {
    assert.notEqual(option.description, '');
    assert.equal(option.description.includes('\n'), false);
    assert.ok(OPTION_GROUPS.includes(option.group));
    assert.ok(option.commands.length > 0);
    for (const command of option.commands) assert.ok(COMMAND_NAMES.includes(command));
  }
});

test('keeps the words for ranges, defaults and flags', () => {
  const texts = Object.fromEntries(
    SETTING_OPTIONS.map((option) => [
      option.name,
      [flagText(option), rangeText(option), defaultText(option), allowedText(option)],
    ]),
  );
  assert.deepEqual(texts['interval'], ['--interval <seconds>', '5 to 3600', '30', 'whole seconds, 5 to 3600']);
  assert.deepEqual(texts['max-processes'], ['--max-processes <count>', '0 or more', '0', 'a whole number, 0 or more']);
  assert.deepEqual(texts['outbox-max-bytes']?.slice(1, 3), ['1MiB or more', '1GiB']);
  assert.deepEqual(texts['emit']?.slice(1), ['all or changes', 'all', 'all or changes']);
  assert.deepEqual(texts['kernel-threads']?.[1], 'include, inventory or exclude');
  assert.deepEqual(texts['once']?.[0], '--once[=<bool>]');
  assert.deepEqual(texts['config']?.slice(1), ['', '', 'a path']);
  assert.deepEqual(texts['user'], ['--user <user,...>', '', '', 'texts, with commas between']);
  assert.deepEqual(texts['pid']?.[3], 'whole numbers, 1 or more, with commas between');
  assert.match(
    texts['sort']?.[3] ?? '',
    /^some of pid, ppid, .*, command, each after \+ or - if you like, with commas/,
  );
});

test('keeps the environment variable of an option its name in capitals', () => {
  assert.deepEqual(
    SETTING_OPTIONS.filter(({ name }) => ['interval', 'max-processes', 'config'].includes(name)).map(
      environmentVariable,
    ),
    ['PROCMOND_INTERVAL', 'PROCMOND_MAX_PROCESSES', 'PROCMOND_CONFIG'],
  );
});
