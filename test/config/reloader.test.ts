import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Config } from '../../src/config/config.ts';
import { type LoadedConfig, loadConfig } from '../../src/config/load-config.ts';
import { describeProblem } from '../../src/config/problem.ts';
import { Reloader, type ReloadHook, type ReloadResult } from '../../src/config/reloader.ts';
import { CapturedLogger } from '../fake/captured-logger.ts';

/** A program whose configuration file can be written anew, and what a reload brought into force in it. */
class Program {
  file: string;
  readonly logger = new CapturedLogger();
  readonly applied: Partial<Config>[] = [];
  readonly reloader: Reloader;

  constructor(file: string) {
    this.file = file;
    this.reloader = new Reloader({
      loaded: this.#load() as LoadedConfig,
      read: async () => this.#load(),
      logger: this.logger,
    });
  }

  /** Follows options without more ado. */
  follow(options: readonly string[], key: keyof Config, prepare?: ReloadHook['prepare']): void {
    this.reloader.register({
      options,
      prepare: (next) => prepare?.(next) ?? { ok: true, apply: () => this.applied.push({ [key]: next.config[key] }) },
    });
  }

  reload(file: string): Promise<ReloadResult> {
    this.file = file;
    return this.reloader.reload();
  }

  setting(name: string) {
    const found = this.reloader.settings.find(({ option }) => option.name === name);
    return [found?.text, found?.origin];
  }

  #load() {
    return loadConfig({
      argv: ['--config', '/etc/p.yaml', '--metrics-port', '1'],
      env: {},
      homeDirectory: '/home/u',
      effectiveUserId: 1000,
      readConfigFile: () => ({ ok: true, text: this.file, mode: 0o600, ownerUserId: 1000 }),
    });
  }
}

const PASSWORDS = ['http://u:one@h/v1/logs', 'http://u:two@h/v1/logs'] as const;

test('brings into force what can follow, and names what needs a restart, in the answer and the log', async () => {
  const program = new Program('interval: 30\nemit: all');
  program.follow(['interval'], 'intervalMillis');
  const result = await program.reload('interval: 10\nemit: changes\nlog-level: info');
  assert.deepEqual(result, {
    ok: true,
    applied: [{ name: 'interval', before: '30', after: '10' }],
    needRestart: [{ name: 'emit', before: 'all', after: 'changes' }],
    notes: [],
  });
  assert.deepEqual(program.applied, [{ intervalMillis: 10_000 }]);
  assert.deepEqual([program.reloader.config.intervalMillis, program.reloader.config.emit], [10_000, 'all']);
  assert.deepEqual(
    [program.setting('interval'), program.setting('emit'), program.setting('log-level')],
    [
      ['10', 'file /etc/p.yaml'],
      ['all', 'file /etc/p.yaml'],
      ['info', 'file /etc/p.yaml'],
    ],
  );
  assert.deepEqual(program.logger.messages('info'), ['configuration read again: interval 30 -> 10']);
  assert.deepEqual(program.logger.messages('warn'), [
    'these need a restart, until then the value before holds: emit all -> changes',
  ]);
});

test('names what needs a restart again as long as it does', async () => {
  const program = new Program('');
  await program.reload('emit: changes');
  const again = await program.reload('emit: changes');
  assert.deepEqual(again.ok && again.needRestart, [{ name: 'emit', before: 'all', after: 'changes' }]);
  const back = await program.reload('');
  assert.deepEqual(back.ok && back.needRestart, []);
  assert.equal(program.logger.messages('info').at(-1), 'configuration read again: nothing to change');
});

test('changes nothing when the file has mistakes, and tells all of them', async () => {
  const program = new Program('interval: 30');
  program.follow(['interval'], 'intervalMillis');
  const result = await program.reload('interval: 3\nemitt: all\nlog-level: debug');
  assert.equal(result.ok, false);
  const said = result.ok ? [] : result.problems.map(describeProblem);
  assert.deepEqual(said, [
    'file /etc/p.yaml line 1, interval: "3" is too small; expected whole seconds, 5 to 3600',
    'file /etc/p.yaml line 2, emitt is no key of the configuration file; did you mean emit?',
  ]);
  assert.deepEqual(program.logger.messages('error').slice(1), said);
  assert.deepEqual(
    [program.applied, program.reloader.config.logLevel, program.setting('interval')],
    [[], 'info', ['30', 'file /etc/p.yaml']],
  );
});

test('changes nothing when a part finds mistakes, though others are content', async () => {
  const program = new Program('');
  const problem = { name: 'rules', origin: 'file /etc/rules.yaml line 3', reason: 'is no rule' };
  program.follow(['interval'], 'intervalMillis');
  program.follow([], 'emit', () => ({ ok: false, problems: [problem, problem] }));
  const result = await program.reload('interval: 10');
  assert.deepEqual(result, { ok: false, problems: [problem, problem] });
  assert.deepEqual([program.applied, program.reloader.config.intervalMillis], [[], 30_000]);
  assert.deepEqual(program.logger.messages('error').slice(1), Array(2).fill('file /etc/rules.yaml line 3 is no rule'));
});

test('asks every part each time, and says what it read though no option changed', async () => {
  const program = new Program('');
  program.follow([], 'emit', () => ({ ok: true, apply: () => program.applied.push({}), notes: ['12 rules read'] }));
  const result = await program.reload('');
  assert.deepEqual(result, { ok: true, applied: [], needRestart: [], notes: ['12 rules read'] });
  assert.deepEqual(program.applied, [{}]);
  assert.deepEqual(program.logger.messages('info'), ['configuration read again: 12 rules read']);
});

test('brings back what is configured when it was changed by other means', async () => {
  const program = new Program('interval: 60');
  program.follow(['interval'], 'intervalMillis');
  program.reloader.changed('interval', 5_000, 'control socket');
  assert.deepEqual(program.setting('interval'), ['5', 'control socket']);
  assert.equal(program.reloader.config.intervalMillis, 5_000);
  const result = await program.reload('interval: 60');
  assert.deepEqual(result.ok && result.applied, [{ name: 'interval', before: '5', after: '60' }]);
  assert.deepEqual(program.setting('interval'), ['60', 'file /etc/p.yaml']);
});

test('sees that a secret changed, and shows neither', async () => {
  const program = new Program(`endpoint: ${PASSWORDS[0]}`);
  const result = await program.reload(`endpoint: ${PASSWORDS[1]}`);
  const masked = 'http://***@h/v1/logs';
  assert.deepEqual(result.ok && result.needRestart, [{ name: 'endpoint', before: masked, after: masked }]);
  assert.deepEqual(program.logger.messages('warn'), [
    'these need a restart, until then the value before holds: endpoint (a secret part of it)',
  ]);
});

test('passes over what only other commands use', async () => {
  const program = new Program('');
  assert.deepEqual(await program.reload('format: json\nsort: cpu'), {
    ok: true,
    applied: [],
    needRestart: [],
    notes: [],
  });
});

test('refuses a part that wants what is not reloadable, or what another part has', async () => {
  const program = new Program('');
  assert.throws(() => program.follow(['emit'], 'emit'), /emit is not reloadable/);
  program.follow(['interval'], 'intervalMillis');
  assert.throws(() => program.follow(['interval'], 'intervalMillis'), /two parts want to reload interval/);
});
