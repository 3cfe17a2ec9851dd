import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configCommand } from '../../src/cli/config-command.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import { OPTIONS } from '../../src/config/option-table.ts';

function printed(argv: readonly string[], env: Record<string, string> = {}, text = 'emit: changes') {
  const result = loadConfig({
    argv: ['config', ...argv],
    env,
    homeDirectory: '/home/u',
    effectiveUserId: 1000,
    readConfigFile: () => ({ ok: true, text, mode: 0o600, ownerUserId: 1000 }),
  });
  if (!result.ok || result.command !== 'config') assert.fail(JSON.stringify(result));
  let stdout = '';
  const { settings, rules, redactPatterns, rulesOrigin } = result;
  const exitCode = configCommand({
    settings,
    rules,
    redactPatterns,
    rulesOrigin,
    env,
    stdout: { write: (written) => (stdout += written) },
  });
  assert.equal(exitCode, 0);
  return stdout.split('\n').map((line) => line.split(/ {2,}/));
}

test('keeps each value beside where it comes from', () => {
  const rows = printed(['--interval', '10', '--config', '/etc/p.yaml'], { PROCMOND_OUTBOX_MAX_BYTES: '2048KiB' });
  assert.deepEqual(rows[0], ['OPTION', 'VALUE', 'ORIGIN']);
  for (const row of [
    ['interval', '10', 'flag --interval'],
    ['outbox-max-bytes', '2MiB', 'environment PROCMOND_OUTBOX_MAX_BYTES'],
    ['emit', 'changes', 'file /etc/p.yaml'],
    ['config', '/etc/p.yaml', 'flag --config'],
    ['endpoint', 'http://localhost:4318/v1/logs', 'default'],
  ]) {
    assert.deepEqual(
      rows.find(([name]) => name === row[0]),
      row,
    );
  }
});

test('keeps every option of run in it', () => {
  const shown = printed([]).map(([name]) => name);
  for (const option of OPTIONS) {
    if (option.kind !== 'request' && option.commands.includes('run'))
      assert.ok(shown.includes(option.name), option.name);
  }
  assert.equal(shown.includes('format'), false);
});

test('keeps secrets masked: the endpoint and the headers of the exporter', () => {
  const rows = printed([], {
    PROCMOND_ENDPOINT: 'https://u:hunter2@h/?key=hunter2',
    OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer hunter2',
    OTEL_EXPORTER_OTLP_LOGS_HEADERS: 'hunter2',
    OTEL_EXPORTER_OTLP_CERTIFICATE: '/etc/ca.pem',
  });
  assert.doesNotMatch(JSON.stringify(rows), /hunter2/);
  for (const row of [
    ['endpoint', 'https://***@h/v1/logs?key=***', 'environment PROCMOND_ENDPOINT'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'set, masked', 'environment OTEL_EXPORTER_OTLP_HEADERS'],
    ['OTEL_EXPORTER_OTLP_LOGS_HEADERS', 'set, masked', 'environment OTEL_EXPORTER_OTLP_LOGS_HEADERS'],
    ['OTEL_EXPORTER_OTLP_CERTIFICATE', '/etc/ca.pem', 'environment OTEL_EXPORTER_OTLP_CERTIFICATE'],
  ]) {
    assert.deepEqual(
      rows.find(([name]) => name === row[0]),
      row,
    );
  }
});

test('keeps hostile bytes out of the terminal', () => {
  const rows = printed(['--passwd-file', '/tmp/\u001b[2J\nx']);
  assert.deepEqual(rows.find(([name]) => name === 'passwd-file')?.[1], '/tmp/\\x1b[2J\\nx');
});

test('keeps what the sections of the file ask for in it, and nothing of sections that are not there', () => {
  const text = [
    'rules:',
    '  disable: [future-start]',
    '  suspicious-children: [{ parents: [a, b], children: [sh] }]',
    '  own: [{ id: mine, title: Mine, when: started }]',
    'expected-processes: { web: { comm: nginx } }',
  ].join('\n');
  const rows = printed(['--config', '/etc/p.yaml'], {}, text);
  assert.deepEqual(
    rows.filter(([name]) => name?.startsWith('rules.') || name === 'expected-processes'),
    [
      ['rules.disable', 'future-start', 'file /etc/p.yaml'],
      ['rules.suspicious-children', 'a b', 'file /etc/p.yaml'],
      ['rules.own', 'mine', 'file /etc/p.yaml'],
      ['expected-processes', 'web', 'file /etc/p.yaml'],
    ],
  );
  assert.ok(printed([]).every(([name]) => !name?.startsWith('rules.')));
});

test('keeps what is to be hidden hidden: of patterns only how many there are', () => {
  const rows = printed(['--config', '/etc/p.yaml'], {}, "redact-patterns: ['hunter2', 'hunter3']");
  assert.doesNotMatch(JSON.stringify(rows), /hunter/);
  assert.deepEqual(
    rows.find(([name]) => name === 'redact-patterns'),
    ['redact-patterns', '2 patterns', 'file /etc/p.yaml'],
  );
});
