import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { suite, type TestContext, test } from 'node:test';
import stringWidth from 'string-width';
import { COLUMN_NAMES } from '../../../src/listing/process-columns.ts';
import { ask } from '../../control/control-socket.ts';
import { OtlpEndpoint } from '../../fake/otlp-endpoint.ts';
import type { ReceivedRecord } from '../../fake/received-record.ts';
import { commandLine, runProcmond } from '../../fake/run-procmond.ts';
import { RunningProcmond } from '../../fake/running-procmond.ts';
import { scratchDirectory } from '../../fake/scratch-store.ts';
import { hierarchies, moveToGroup } from '../../process/enumerate/linux/control-groups.ts';
import {
  hex,
  hostileProgram,
  lackingHostile,
  obeyed,
  startAs,
  startHostile,
} from '../../process/enumerate/linux/hostile-process.ts';
import { HOSTILE_BYTES, harmIn, textOf } from '../../process/enumerate/linux/hostile-texts.ts';
import { scratch } from '../../process/enumerate/linux/live-host.ts';
import { ProcTree } from '../../process/enumerate/linux/proc-tree.ts';

interface HostileHost {
  readonly procRoot: string;
  /** By what their bytes would do. */
  readonly pids: ReadonlyMap<string, number>;
  readonly count: number;
  /** Takes away the programs of some: they change, and something is found in them. */
  readonly deletePrograms: () => void;
}

/** Of a control group, a data directory or a target. */
const HOSTILE_NAME = '\u001b[31m\u202e\u2066';

/** Real processes that are as hostile as they can be, and nothing else but this one. */
async function startHost(t: TestContext): Promise<HostileHost> {
  const tree = new ProcTree(t);
  const pids = new Map<string, number>();
  const directories: string[] = [];
  for (const [what, bytes] of HOSTILE_BYTES) {
    const directory = scratch(t);
    directories.push(directory);
    const talker = await startAs(t, bytes, directory);
    pids.set(what, talker.pid);
    const [hierarchy] = hierarchies();
    // As far as it is allowed here; a name of a group holds no line break.
    if (hierarchy !== undefined && pids.size === 1)
      moveToGroup(t, talker, hierarchy, `procmond-test-${talker.pid}${HOSTILE_NAME}`);
  }
  const titled = await startHostile(t, ['x'.repeat(3_000)]);
  const roomy = await startHostile(t);
  await obeyed(roomy, `exec-many ${hex(hostileProgram)} 100000 6`);
  const inMemory = await startHostile(t);
  const name = `\u001b]0;owned\u0007\n\u202e`;
  await obeyed(inMemory, `exec-memory ${hex(hostileProgram)} ${hex(name)} ${hex(name)}`);
  await obeyed(titled, `title ${hex(`title ${name}`.repeat(100))}`);
  for (const [what, { pid }] of Object.entries({ titled, roomy, inMemory })) pids.set(what, pid);
  for (const one of ['stat', 'sys', 'uptime', 'self', process.pid, ...pids.values()])
    tree.link(String(one), `/proc/${one}`);
  const deletePrograms = () => {
    for (const directory of directories.slice(0, 10)) rmSync(directory, { recursive: true });
  };
  return { procRoot: tree.root, pids, count: pids.size + 1, deletePrograms };
}

/** @throws {AssertionError} when an output would do something to whoever sees it */
function assertHarmless(what: string, output: string): void {
  assert.equal(harmIn(output), undefined, what);
}

const observedOf = ({ taken }: OtlpEndpoint, pid: number | undefined) =>
  taken.find(({ eventName, attributes }) => /observed|started/.test(eventName) && attributes['process.pid'] === pid);

suite('of a host of hostile processes', { skip: lackingHostile }, () => {
  test('nothing that is shown, logged or scraped does anything to whoever reads it, and every process is told', async (t) => {
    const host = await startHost(t);
    const endpoint = await OtlpEndpoint.start(t);
    const dataDirectory = scratchDirectory(t);
    const daemon = RunningProcmond.start(t, {
      dataDirectory,
      endpoint: endpoint.baseUrl,
      procRoot: host.procRoot,
      env: { PROCMOND_LOG_LEVEL: 'debug', PROCMOND_COMPUTE_HASHES: 'true' },
    });
    const completed = () => endpoint.taken.filter(({ eventName }) => eventName === 'procmond.cycle.completed').length;
    await daemon.while(endpoint.until(() => completed() >= 1));

    const tail = spawnTail(t, dataDirectory);
    await t.test('by ps and snapshot, as tables, trees and JSON', async (listings) => {
      for (const command of ['ps', 'snapshot']) {
        const from = command === 'ps' ? ['--proc-root', host.procRoot] : ['--data-dir', dataDirectory];
        const print = async (...args: string[]) => {
          const result = await runProcmond([command, ...from, ...args], { COLUMNS: '120' });
          assert.equal(result.exitCode, 0, result.stderr);
          assertHarmless(`${command} ${args.join(' ')}`, result.stdout + result.stderr);
          return result.stdout;
        };
        await listings.test(
          `${command}: one row for each process, and columns that stand below their titles`,
          async () => {
            for (const args of [[], ['--tree'], ['--columns', COLUMN_NAMES.join(',')]])
              assertTable(await print(...args), host.count, args[1] === undefined);
          },
        );
        await listings.test(`${command}: JSON that says what is there`, async () => {
          const rows = (await print('--format', 'ndjson')).trimEnd().split('\n');
          assert.equal(rows.length, host.count);
          const processes = rows.map((row) => JSON.parse(row) as Row);
          assert.equal((JSON.parse(await print('--format', 'json')) as readonly unknown[]).length, host.count);
          for (const [what, bytes] of HOSTILE_BYTES) {
            const row = processes.find(({ pid }) => pid === host.pids.get(what));
            const text = textOf(bytes);
            assert.ok(row !== undefined, what);
            if (text !== undefined) assert.deepEqual(row.commandLine, [text, '', text], what);
          }
        });
      }
    });

    await t.test('by the commands that ask the daemon, and the socket they ask', async () => {
      const pid = host.pids.get('a line of its own');
      for (const args of [
        ['status'],
        ['status', '--json'],
        ['outbox'],
        ['trigger', 'binary-hasher', '--pid', String(pid)],
        ['trigger', 'binary-hasher', '--path', `/usr/bin/${HOSTILE_NAME}`],
        ['trigger', HOSTILE_NAME, '--pid', String(pid)],
      ]) {
        const { stdout, stderr } = await runProcmond([...args, '--data-dir', dataDirectory]);
        assert.notEqual(stdout + stderr, '', args.join(' '));
        assertHarmless(args.join(' '), stdout + stderr);
      }
      for (const path of ['/v1/processes', '/v1/status', '/v1/health', '/v1/config', '/v1/%1b%5b31m%e2%80%ae']) {
        const { text } = await ask(join(dataDirectory, 'control.sock'), 'GET', path);
        assert.notEqual(text, '', path);
        assertHarmless(path, text);
      }
    });

    await t.test('by doctor and config', async () => {
      for (const args of [['doctor'], ['doctor', '--json'], ['config']]) {
        const directory = join(dataDirectory, HOSTILE_NAME);
        const { stdout, stderr } = await runProcmond([...args, '--proc-root', host.procRoot, '--data-dir', directory]);
        assert.notEqual(stdout, '', args.join(' '));
        assertHarmless(args.join(' '), stdout + stderr);
      }
    });

    host.deletePrograms();
    const found = () => endpoint.taken.some(({ topic }) => topic === 'collector/process/findings');
    const changed = () => endpoint.taken.some(({ eventName }) => eventName === 'procmond.process.changed');
    await daemon.while(endpoint.until(() => found() && changed()));

    await t.test('by tail, as one line for each event', async () => {
      for (const { lines, each, stop } of tail) {
        stop();
        assert.ok(lines.length > 0);
        for (const line of lines) {
          assertHarmless('tail', line);
          each(line);
        }
      }
    });

    await t.test('by the metrics', async () => {
      const url = /http:\/\/127\.0\.0\.1:\d+\/metrics/.exec(daemon.log)?.[0] ?? '';
      const text = await (await fetch(url)).text();
      assertHarmless('metrics', text);
      for (const line of text.trimEnd().split('\n').filter(Boolean))
        assert.match(
          line,
          /^(# (HELP|TYPE) [a-z_:]+ .+|[a-z_:]+(\{([a-z_]+="([^"\\]|\\.)*",?)*\})? [-+0-9.eE]+(NaN|Inf)?)$/,
        );
    });

    await t.test('by the log, as one line for each thing that is said', () => {
      assertHarmless('log', daemon.log);
      for (const line of daemon.log.trimEnd().split('\n'))
        assert.match(line, /^\d{4}-\d\d-\d\dT[\d:.]+Z (DEBUG|INFO|WARN|ERROR) /);
    });

    await t.test('by the records, which are below 32 KiB and say what was escaped', () => {
      for (const [what, bytes] of HOSTILE_BYTES) {
        const record = observedOf(endpoint, host.pids.get(what));
        assert.ok(record !== undefined, `${what} was lost`);
        const text = textOf(bytes);
        const { attributes } = record;
        if (text === undefined) {
          assert.deepEqual(attributes['procmond.escaped_fields'], ESCAPED);
        } else {
          assert.deepEqual(attributes['process.command_args'], [text, '', text], what);
          assert.ok(String(attributes['process.working_directory']).endsWith(`/${text}`), what);
        }
      }
      for (const record of endpoint.taken) assertBounded(record, 32 * 1024);
    });
    assert.equal(await daemon.end('SIGTERM'), 0, daemon.log);
  });

  test('records and log lines in JSON hold to the limits that are asked for', async (t) => {
    const host = await startHost(t);
    const endpoint = await OtlpEndpoint.start(t);
    const limits = ['--max-record-bytes', '8KiB', '--max-text-bytes', '256', '--max-arguments', '4'];
    limits.push('--max-argument-bytes', '2KiB');
    const places = ['--data-dir', scratchDirectory(t), '--endpoint', endpoint.baseUrl, '--proc-root', host.procRoot];
    const logs = ['--log-format', 'json', '--log-level', 'debug'];
    const args = ['run', '--once', '--command-line', 'full', ...places, ...logs, ...limits];
    const { exitCode, stderr } = await runProcmond(args);
    assert.equal(exitCode, 0, stderr);
    assertHarmless('log', stderr);
    for (const line of stderr.trimEnd().split('\n')) assert.equal(typeof (JSON.parse(line) as Row).message, 'string');
    for (const record of endpoint.taken) assertBounded(record, 8 * 1024);
    for (const [what, pid] of host.pids) {
      const attributes = observedOf(endpoint, pid)?.attributes;
      assert.ok(attributes !== undefined, `${what} was lost`);
      assert.ok((attributes['process.command_args'] as readonly string[]).length <= 4);
      for (const name of ['process.executable.path', 'process.working_directory', 'process.title']) {
        const text = (attributes[name] ?? '') as string;
        assert.ok(Buffer.byteLength(text) <= 256, `${name} of ${what}`);
      }
    }
    const titled = observedOf(endpoint, host.pids.get('titled'))?.attributes;
    assert.deepEqual(titled?.['procmond.truncated_fields'], ['process.title']);
    assert.equal(observedOf(endpoint, host.pids.get('roomy'))?.attributes['procmond.process.args_truncated'], true);
  });
});

interface Row {
  readonly pid?: number;
  readonly commandLine?: readonly string[];
  readonly message?: string;
}

const ESCAPED = [
  'procmond.process.comm',
  'process.command_args',
  'process.executable.path',
  'process.working_directory',
];

function assertBounded(record: ReceivedRecord, maxBytes: number): void {
  const [, , own] = JSON.parse(record.content) as readonly [unknown, unknown, object];
  const bytes = Buffer.byteLength(JSON.stringify(own));
  assert.ok(bytes <= maxBytes, `${bytes} bytes of ${record.eventName}`);
  assert.ok(Object.keys(record.attributes).length <= 100);
  assertHarmless(record.eventName, String(record.body));
  assert.ok(!String(record.body).includes('\n'));
}

/** The last column is ragged; what stands before it has its own cells in each row. */
function assertTable(table: string, count: number, usual: boolean): void {
  const [titles = '', ...rows] = table.trimEnd().split('\n');
  assert.equal(rows.length, count, table);
  if (!usual) return;
  const start = titles.indexOf('COMMAND');
  for (const row of rows) {
    let cells = 0;
    for (const character of row) {
      if (cells >= start) break;
      cells += stringWidth(character);
    }
    assert.equal(cells, start, row);
  }
}

/** What a reader of the daemon prints from now on, as text and as JSON. */
function spawnTail(t: TestContext, dataDirectory: string) {
  return (['table', 'ndjson'] as const).map((format) => {
    const [program, ...args] = commandLine(['tail', '#', '--format', format, '--data-dir', dataDirectory]);
    const child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { PATH: process.env['PATH'], TZ: 'UTC' },
    });
    t.after(() => child.kill('SIGKILL'));
    const lines: string[] = [];
    createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
    const each =
      format === 'table'
        ? (line: string) => assert.match(line, /^\d\d:\d\d:\d\d\.\d{3} (TRACE|DEBUG|INFO|WARN|ERROR|FATAL) +procmond\./)
        : (line: string) => assert.equal(typeof JSON.parse(line), 'object');
    return { lines, each, stop: () => child.kill('SIGKILL') };
  });
}
