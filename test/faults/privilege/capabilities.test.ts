import assert from 'node:assert/strict';
import { chmodSync, copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, type TestContext, test } from 'node:test';
import { asStranger, BOTH, type HeldCapability, lackingStranger, strangersDirectory } from '../../fake/other-user.ts';
import { OtlpEndpoint } from '../../fake/otlp-endpoint.ts';
import { Program } from '../../fake/program.ts';
import { commandLine, NO_ENDPOINT, runProgram } from '../../fake/run-procmond.ts';
import { RunningProcmond } from '../../fake/running-procmond.ts';
import { scratchDirectory } from '../../fake/scratch-store.ts';

interface Told {
  readonly pid: number;
  readonly platformMetadata: Readonly<Record<string, unknown>> & { readonly deniedFields?: readonly string[] };
}

const IO = ['procmond.process.disk.io.read', 'procmond.process.disk.io.write'];
const PTRACED = [
  'process.executable.path',
  'process.working_directory',
  'procmond.namespace.mnt',
  'procmond.namespace.net',
  'procmond.namespace.user',
];

interface Story {
  readonly name: string;
  readonly capabilities: readonly HeldCapability[];
  /** Of a process of root's. */
  readonly denied: readonly string[];
  /** Whether the executables of root's processes are hashed: one that all may read, and one that only root may. */
  readonly hashed: readonly [open: boolean, closed: boolean];
  readonly lacks: RegExp;
}

/** The table in README.md, "Rights", says the same. */
const STORIES: readonly Story[] = [
  {
    name: 'without a capability',
    capabilities: [],
    denied: [...PTRACED, ...IO],
    hashed: [false, false],
    lacks: /uid 64999 lacks CAP_DAC_READ_SEARCH and CAP_SYS_PTRACE: systemd gives it/,
  },
  {
    name: 'with CAP_DAC_READ_SEARCH alone, which helps nothing by itself',
    capabilities: ['dac_read_search'],
    denied: [...PTRACED, ...IO],
    hashed: [false, false],
    lacks: /uid 64999 lacks CAP_SYS_PTRACE: systemd gives it/,
  },
  {
    name: 'with CAP_SYS_PTRACE alone',
    capabilities: ['sys_ptrace'],
    denied: IO,
    hashed: [true, false],
    lacks: /uid 64999 lacks CAP_DAC_READ_SEARCH: systemd gives it/,
  },
];

suite('to a user of its own', { skip: lackingStranger(['sleep']) }, () => {
  for (const { name, capabilities, denied, hashed, lacks } of STORIES) {
    test(`${name} says what of another user's process is denied, and what to grant`, async (t) => {
      const { open, closed } = await rootsProcesses(t);
      const by = asStranger(capabilities);
      const told = await toldOf(by, open.pid);
      assert.deepEqual(told.platformMetadata.deniedFields, denied);
      assert.deepEqual(await hashesOf(t, by, [open, closed]), hashed);

      const doctor = await runProgram([
        ...by,
        ...commandLine(['doctor', '--endpoint', NO_ENDPOINT, '--data-dir', strangersDirectory(t)]),
      ]);
      assert.match(flat(doctor.stdout), lacks);
    });
  }

  test('with both capabilities sees of other users what root sees', async (t) => {
    const { open, closed } = await rootsProcesses(t);
    const by = asStranger(BOTH);
    for (const { pid } of [open, closed]) {
      const [asRoot, asOther] = [await toldOf([], pid), await toldOf(by, pid)];
      assert.equal(asOther.platformMetadata.deniedFields, undefined);
      assert.deepEqual(lasting(asOther), lasting(asRoot));
    }
    assert.deepEqual(await hashesOf(t, by, [open, closed]), [true, true]);
  });

  test('says once in the log, and in status, which fields are denied, why and what to grant', async (t) => {
    const endpoint = await OtlpEndpoint.start(t);
    const dataDirectory = strangersDirectory(t);
    const by = asStranger();
    const procmond = RunningProcmond.start(t, { dataDirectory, endpoint: endpoint.url, by });
    const cycles = () => endpoint.taken.filter(({ eventName }) => eventName === 'procmond.cycle.completed').length;
    await procmond.while(endpoint.until(() => cycles() >= 2));
    const { stdout } = await runProgram([...by, ...commandLine(['status', '--data-dir', dataDirectory])]);
    assert.equal(await procmond.end('SIGTERM'), 0);

    const why = 'uid 64999 lacks CAP_DAC_READ_SEARCH and CAP_SYS_PTRACE: systemd gives it with AmbientCapabilities=';
    const said = procmond.log.split('\n').filter((line) => line.includes('the system denies'));
    assert.equal(said.length, 1, procmond.log);
    for (const field of [...PTRACED, ...IO]) {
      assert.match(said[0] ?? '', new RegExp(`${field} of \\d+`));
      assert.match(flat(stdout), new RegExp(`not seen +the system denies .*${field} of \\d+`));
    }
    for (const text of [said[0] ?? '', flat(stdout)]) assert.ok(text.includes(why), text);
    assert.match(procmond.log, /rights {3}uid 64999, without CAP_DAC_READ_SEARCH and CAP_SYS_PTRACE\n/);
    assert.match(flat(stdout), /rights +uid 64999, without CAP_DAC_READ_SEARCH and CAP_SYS_PTRACE/);
  });
});

/** Two of root's: one of a program that all may read, one of a program that only root may. */
async function rootsProcesses(t: TestContext) {
  const secret = join(scratchDirectory(t), 'secret-shell');
  copyFileSync('/bin/sh', secret);
  chmodSync(secret, 0o700);
  const [open, closed] = ['/bin/sh', secret].map((file) => new Program(t, file, ['-c', 'echo ready; read line']));
  await Promise.all([open?.says('ready'), closed?.says('ready')]);
  return { open: open as Program, closed: closed as Program };
}

async function toldOf(by: readonly string[], pid: number): Promise<Told> {
  const asked = commandLine(['ps', '--json', '--file-descriptors', '--pid', String(pid)]);
  const { exitCode, stdout, stderr } = await runProgram([...by, ...asked]);
  assert.equal(exitCode, 0, stderr);
  return (JSON.parse(stdout) as readonly [Told])[0];
}

/** Whether procmond, started so, tells a hash of their executables. */
async function hashesOf(t: TestContext, by: readonly string[], programs: readonly Program[]) {
  const endpoint = await OtlpEndpoint.start(t);
  const args = ['run', '--once', '--compute-hashes', '--hash-bytes-per-second', '0', '--endpoint', endpoint.url];
  const command = commandLine([...args, '--data-dir', strangersDirectory(t)]);
  const { exitCode, stderr } = await runProgram([...by, ...command]);
  assert.equal(exitCode, 0, stderr);
  return programs.map(({ pid }) => {
    const record = endpoint.taken.find(
      ({ attributes, topic }) => attributes['process.pid'] === pid && topic === 'collector/process/events',
    );
    assert.ok(record !== undefined, `nothing of ${pid}`);
    return record.attributes['procmond.executable.hash.sha256'] !== undefined;
  });
}

/** Without what differs from one look to the next. */
function lasting(told: Told): unknown {
  const moving = /^(timestamp|refreshedAt|cpuUsage|.*(Seconds|Faults|Switches|oomScore|memoryUsage))$/;
  return JSON.parse(JSON.stringify(told, (key, value: unknown) => (moving.test(key) ? undefined : value)));
}

/** What is wrapped to lines, on one. */
function flat(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}
