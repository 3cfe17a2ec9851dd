import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { suite, type TestContext, test } from 'node:test';
import { asUser, lackingStranger, STRANGER } from '../fake/other-user.ts';
import { OtlpEndpoint } from '../fake/otlp-endpoint.ts';
import { commandLine, NO_ENDPOINT } from '../fake/run-procmond.ts';
import { scratchDirectory } from '../fake/scratch-store.ts';

interface Told {
  readonly canRun: boolean;
  readonly findings: readonly {
    readonly check: string;
    readonly status: string;
    readonly message: string;
    readonly advice?: string;
    readonly facts?: Readonly<Record<string, unknown>>;
  }[];
}

/** The real program, in a data directory of its own. */
function doctor(t: TestContext, given: { user?: number; dataDirectory?: string; args?: readonly string[] } = {}) {
  const { user, dataDirectory = ownDirectory(t, user), args = [] } = given;
  const fixed = ['--endpoint', NO_ENDPOINT, '--metrics-port', '0', '--data-dir', dataDirectory];
  const by = user === undefined ? [] : asUser({ userId: user });
  const [command = '', ...rest] = [...by, ...commandLine(['doctor', ...fixed, ...args])];
  const { status, stdout, stderr } = spawnSync(command, rest, {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], HOME: dataDirectory, OTEL_EXPORTER_OTLP_HEADERS: 'authorization=hunter2' },
  });
  return { status, stdout, stderr, dataDirectory };
}

function ownDirectory(t: TestContext, user: number | undefined): string {
  const directory = scratchDirectory(t);
  if (user !== undefined) chownSync(directory, user, user);
  return directory;
}

function found({ findings }: Told, check: string) {
  const finding = findings.find((each) => each.check === check);
  assert.ok(finding !== undefined, `nothing about ${check} in ${findings.map((each) => each.check).join(', ')}`);
  return finding;
}

const asRoot = { skip: lackingStranger() };
const linux = { skip: process.platform !== 'linux' && 'made for /proc' };

suite('doctor', linux, () => {
  test('tells each thing in a line or two, and ends with 0 where procmond can run', (t) => {
    const { status, stdout, stderr } = doctor(t);
    assert.deepEqual([status, stderr], [0, '']);
    const lines = stdout.split('\n');
    assert.ok(lines.every((line) => line.length <= 100));
    assert.ok(lines.length <= 45, `${lines.length} lines`);
    const checks = lines.flatMap((line) => /^(?:ok|note|problem) +([a-z.]+(?: [a-z]+)?) {2}/.exec(line)?.[1] ?? []);
    assert.deepEqual(checks, [
      'node',
      'enumerator',
      'rights',
      'proc mount',
      'processes',
      'namespace',
      'boot',
      'host.id',
      'kernel feed',
      'store',
      'endpoint',
      'metrics',
    ]);
    assert.equal(lines.at(-2), 'procmond can run.');
  });

  test('tells the same to programs', (t) => {
    const { status, stdout } = doctor(t, { args: ['--format', 'json'] });
    const told = JSON.parse(stdout) as Told;
    assert.deepEqual([status, told.canRun], [0, true]);
    assert.equal(found(told, 'enumerator').facts?.['kind'], 'proc');
    assert.ok((found(told, 'processes').facts?.['visible'] as number) >= 2);
    assert.equal(found(told, 'rights').facts?.['effectiveUserId'], process.geteuid?.());
    assert.match(found(told, 'kernel feed').message, /none is built in: processes are polled every 30 s; short ones/);
    assert.equal(found(told, 'endpoint').facts?.['reachable'], false);
    const lines = doctor(t, { args: ['--format', 'ndjson'] })
      .stdout.trimEnd()
      .split('\n');
    assert.deepEqual(
      lines.map((line) => (JSON.parse(line) as { check: string }).check),
      told.findings.map(({ check }) => check),
    );
  });

  test('as root has all rights, where it has them', asRoot, (t) => {
    const told = JSON.parse(doctor(t, { args: ['--format', 'json'] }).stdout) as Told;
    const rights = found(told, 'rights');
    assert.equal(rights.facts?.['effectiveUserId'], 0);
    assert.equal(
      rights.status === 'ok',
      rights.facts?.['CAP_SYS_PTRACE'] === true && rights.facts['CAP_DAC_READ_SEARCH'] === true,
    );
  });

  test(
    'as somebody without rights says so, what is denied of how many, and that procmond can run all the same',
    asRoot,
    (t) => {
      const { status, stdout } = doctor(t, { user: STRANGER, args: ['--format', 'json'] });
      const told = JSON.parse(stdout) as Told;
      assert.deepEqual([status, told.canRun], [0, true]);
      const rights = found(told, 'rights');
      assert.deepEqual(
        [rights.status, rights.facts?.['effectiveUserId'], rights.facts?.['CAP_SYS_PTRACE']],
        ['note', STRANGER, false],
      );
      const processes = found(told, 'processes');
      assert.equal(processes.status, 'note');
      const denied = processes.facts?.['deniedFields'] as Record<string, number>;
      assert.ok((denied['process.executable.path'] ?? 0) >= 1, JSON.stringify(denied));
      assert.match(processes.advice ?? '', /^uid 64999 lacks CAP_DAC_READ_SEARCH and CAP_SYS_PTRACE: systemd gives it/);
      assert.equal(found(told, 'store').facts?.['ownerUserId'], STRANGER);
    },
  );

  test('ends with 1 where the data directory belongs to somebody else, or cannot be made', asRoot, (t) => {
    const ofRoot = scratchDirectory(t);
    for (const dataDirectory of [ofRoot, join(ofRoot, 'below')]) {
      const { status, stdout } = doctor(t, { user: STRANGER, dataDirectory });
      assert.equal(status, 1);
      assert.match(stdout, /^problem {2}store/m);
      assert.match(stdout, /procmond cannot run: see the problems above\.\n$/);
    }
  });

  test('changes nothing: no directory is made, none is closed, no record is sent', async (t) => {
    const directory = scratchDirectory(t);
    const readable = join(directory, 'readable');
    mkdirSync(readable);
    chmodSync(readable, 0o755);
    const endpoint = await OtlpEndpoint.start(t);
    doctor(t, { dataDirectory: join(directory, 'missing') });
    doctor(t, { dataDirectory: readable });
    assert.throws(() => statSync(join(directory, 'missing')));
    assert.equal(statSync(readable).mode & 0o777, 0o755);
    assert.deepEqual(endpoint.taken, []);
  });

  test('ends with 1 where processes cannot be read', (t) => {
    const { status, stdout } = doctor(t, { args: ['--proc-root', '/nowhere'] });
    assert.equal(status, 1);
    assert.match(stdout, /^problem {2}processes {4}could not read the process table from \/nowhere/m);
  });

  test('shows no secret', (t) => {
    const { stdout, stderr } = doctor(t, { args: ['--format', 'json'] });
    assert.doesNotMatch(stdout + stderr, /hunter2/);
  });

  test('is told wrong options as run is', (t) => {
    const { status, stderr } = doctor(t, { args: ['--interval', '1'] });
    assert.equal(status, 2);
    assert.match(stderr, /^procmond: flag --interval: "1"/);
  });
});
