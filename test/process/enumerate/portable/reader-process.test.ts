import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, type TestContext, test } from 'node:test';
import type { Clock } from '../../../../src/base/clock.ts';
import type { Enumeration } from '../../../../src/process/enumerate/enumerator.ts';
import { scratchDirectory } from '../../../fake/scratch-store.ts';
import { waitUntil } from '../../../fake/wait-until.ts';
import { byPid, isAlive, Listing, programs, readerModule, readerOnPlatform, whyNotListable } from './readers.ts';

const SOURCE = import.meta.resolve('../../../../src/process/enumerate/portable/portable-enumerator.ts');
const CLOCK = import.meta.resolve('../../../../src/base/clock.ts');

const live = { skip: whyNotListable() };

/** Ends with the next cycle what ended this one, and reads again with a new reader. */
const ANSWERS_AT_LAST = `
  const instant = { wallMillis: Date.now(), uptimeSeconds: 5_000 };
  const list = [{ pid: process.pid, parentPid: 1, params: '', command: 'x' }];
  const answer = { platform: 'linux', cpuCount: 1, readerPid: process.pid, startedAt: instant, endedAt: instant, list };
  process.on('message', () => process.send(answer));
`;

suite('a reader that', () => {
  const rows: readonly (readonly [string, string, RegExp])[] = [
    ['ends', `process.on('message', () => process.exit(3));`, /its process ended with code 3;/],
    [
      'throws',
      `process.on('message', () => { throw new TypeError('no such thing') });`,
      /its process ended with code 1 \(no such thing\);/,
    ],
    [
      'rejects',
      `process.on('message', async () => { throw new Error('spawn E2BIG') });`,
      /code 1 \(spawn E2BIG\); it cannot list as many processes as there are;/,
    ],
    [
      'is killed',
      `process.on('message', () => process.kill(process.pid, 'SIGSEGV'));`,
      /its process ended by SIGSEGV;/,
    ],
    ['is out of memory', `process.on('message', () => process.abort());`, /its process ended by SIGABRT;/],
    ['cannot be parsed', 'this is no program', /its process ended with code 1 \(Unexpected identifier 'is'\);/],
    ['answers with text', `process.on('message', () => process.send('x'.repeat(1e6)));`, /its answer is no listing;/],
    ['answers with nothing', `process.on('message', () => process.send(null));`, /its answer is no listing;/],
    [
      'answers with another list',
      `${ANSWERS_AT_LAST} answer.list = [{ pid: 1, parentPid: 0, params: '' }];`,
      /its own process \d+ is not among the 1 that it lists;/,
    ],
    [
      'is read while somebody sets the clock',
      `${ANSWERS_AT_LAST} answer.endedAt = { wallMillis: instant.wallMillis + 3_600_500, uptimeSeconds: 5_000.5 };`,
      /the wall clock was set by 3600 s while it listed;/,
    ],
    [
      'goes away without an end',
      `process.on('message', () => process.disconnect()); setInterval(() => {}, 1e9);`,
      /has listed nothing within 0\.5 s/,
    ],
    [
      'never answers',
      `process.on('message', () => {});`,
      /has listed nothing within 0\.5 s, and its process was ended/,
    ],
    ['loops', `process.on('message', () => { for (;;); });`, /has listed nothing within 0\.5 s/],
  ];
  for (const [what, source, reason] of rows) {
    test(`${what} makes the cycle incomplete, and the next cycle has another one`, async (t) => {
      const readerPath = readerModule(t, source);
      const list = new Listing(t, { readerModule: readerPath, timeLimitMillis: 500 });
      await assert.rejects(list.cycle(), (error: Error & { code?: string }) => {
        assert.equal(error.code, 'CYCLE_INCOMPLETE');
        assert.match(error.message, /^could not read the process table with systeminformation: /);
        assert.match(error.message, reason);
        assert.match(error.message, /this cycle is given up and nothing is told from it/);
        return true;
      });
      writeFileSync(readerPath, ANSWERS_AT_LAST);
      assert.equal((await list.cycle()).processes.length, 0);
    });
  }

  test('cannot be found says which file is missing', async (t) => {
    const list = new Listing(t, { readerModule: '/nowhere/reader.mjs' });
    await assert.rejects(list.cycle(), /ended with code 1 \(Cannot find module '\/nowhere\/reader.mjs'/);
  });

  test('ended between two cycles is replaced without a word', async (t) => {
    const list = new Listing(t, {
      readerModule: readerModule(t, `${ANSWERS_AT_LAST} setTimeout(() => process.exit(), 50);`),
    });
    const pids = await newChildren(() => list.cycle());
    // Gone from the table: this process knows of its end.
    await waitUntil('it is gone from the table', () => !pids.some((pid) => existsSync(`/proc/${pid}`)));
    assert.equal((await list.cycle()).processes.length, 0);
  });
});

suite('the reader', () => {
  test('gets none of the secrets in the environment, and tells times and numbers as in C', async (t) => {
    const file = join(scratchDirectory(t), 'environment');
    const env = {
      PATH: programs(t, { ps: `env > ${file}` }),
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer hunter2',
      LC_ALL: 'de_DE.UTF-8',
      TZ: 'Asia/Kolkata',
    };
    await assert.rejects(new Listing(t, { env }).cycle(), { code: 'CYCLE_INCOMPLETE' });
    const seen = readFileSync(file, 'utf8');
    assert.match(seen, /^TZ=UTC$/m);
    assert.match(seen, /^LC_ALL=C$/m);
    assert.doesNotMatch(seen, /hunter2|OTEL|HOME|Kolkata/);
  });

  test('ends when the signal aborts, with what it has started, and the cycle ends at once with the reason', async (t) => {
    const { env, psPid } = hangingPs(t);
    const stop = new AbortController();
    const cycle = new Listing(t, { env }).cycle({ signal: stop.signal });
    const pid = await psPid();
    const reason = new Error('stopped');
    stop.abort(reason);
    await assert.rejects(cycle, reason);
    await waitUntil('ps has ended', () => !isAlive(pid));
  });

  test('is not even begun after the signal has aborted', async (t) => {
    const { env, file } = hangingPs(t);
    const reason = new Error('stopped');
    await assert.rejects(new Listing(t, { env }).cycle({ signal: AbortSignal.abort(reason) }), reason);
    assert.equal(existsSync(file), false);
  });

  test('ends when it takes too long, with what it has started', async (t) => {
    const { env, psPid } = hangingPs(t);
    const clock = new OverNow();
    const cycle = new Listing(t, { env, clock }).cycle();
    const pid = await psPid();
    clock.endDelay();
    await assert.rejects(cycle, /has listed nothing within 30 s/);
    await waitUntil('ps has ended', () => !isAlive(pid));
  });

  test('also ends at rest when the signal of its cycles aborts', async (t) => {
    const stop = new AbortController();
    const list = new Listing(t, { readerModule: readerModule(t, ANSWERS_AT_LAST) });
    const pids = await newChildren(() => list.cycle({ signal: stop.signal }));
    assert.equal(pids.length, 1);
    stop.abort();
    await waitUntil('the reader has ended', () => !pids.some(isAlive));
  });

  test('keeps nobody from ending, and ends with the one it reads for', async (t) => {
    const { parent, pids } = await listingProcess(t, `await list.enumerate(request); console.log('done');`);
    const [code] = await once(parent, 'exit');
    assert.equal(code, 0);
    await waitUntil('the reader has ended', () => !pids.some(isAlive));
  });

  test('dies with a procmond that is killed, and so does the ps it has started', async (t) => {
    const { env, psPid } = hangingPs(t);
    const { parent } = await listingProcess(t, `console.log('begins'); await list.enumerate(request);`, env);
    const pid = await psPid();
    parent.kill('SIGKILL');
    await waitUntil('ps has ended', () => !isAlive(pid));
  });
});

suite('systeminformation', { skip: process.platform !== 'linux' && 'made for the ps of Linux' }, () => {
  /** As `ps` of Linux prints it: the reader, `sh` and so many others. */
  const psOf = (count: number, commandLine: string) => `
    echo '        PID        PPID   %CPU   %MEM   PRI         VSZ         RSS    NI                        ELAPSED STAT  TT              USER                 COMMAND'
    awk -v reader=$READER_PID 'BEGIN { for (n = 0; n < ${count}; n++) {
      pid = n == 0 ? reader : 100000 + n
      printf "%11d %11d %6.1f %6.1f %5d %11d %11d %5d %30s %-5s %-15s %-20s %s\\n", pid, 1, 0, 0, 19, 1000, 500, 0, "01:00", "S", "?", "root", ${JSON.stringify(commandLine)}
    } }'`;

  test('that is asked for more processes than fit into its command line fails the cycle, nothing else', async (t) => {
    const env = { PATH: programs(t, { ps: psOf(8_000, 'app') }) };
    const list = new Listing(t, { env, readerModule: readerOnPlatform(t, 'linux') });
    await assert.rejects(
      list.cycle(),
      /ended with code 1 \(spawn E2BIG\); it cannot list as many processes as there are;/,
    );
  });

  test('with as many as fit lists them all', async (t) => {
    const env = { PATH: programs(t, { ps: psOf(2_000, 'app -v') }) };
    const list = new Listing(t, { env, readerModule: readerOnPlatform(t, 'linux') });
    const enumeration = await list.cycle();
    assert.equal(enumeration.processes.length, 1_999);
    assert.equal(byPid(enumeration, 101_234).details?.commandLineText, 'app -v');
  });

  for (const [what, script] of [
    ['fails', 'exit 1'],
    [
      'fails at first, and then lists some',
      '[ "$1" = -axo ] && exit 1; echo PID PPID VSZ RSS NI ELAPSED STAT TT USER COMMAND; echo $READER_PID 1 10 10 0 01:00 S ? root node',
    ],
    ['is missing', undefined],
    ['prints nothing', ':'],
    ['prints what is no table', 'head -c 300000 /dev/urandom'],
    ['prints a header alone', 'echo "PID PPID %CPU %MEM PRI VSZ RSS NI ELAPSED STAT TT USER COMMAND"'],
    ['ends in the middle', `${psOf(300, 'app')} | tail -n 200`],
  ] as const) {
    test(`whose ps ${what} makes the cycle incomplete: nobody is taken for stopped`, async (t) => {
      const PATH = script === undefined ? scratchDirectory(t) : programs(t, { ps: script });
      const list = new Listing(t, { env: { PATH }, readerModule: readerOnPlatform(t, 'linux') });
      await assert.rejects(list.cycle(), { code: 'CYCLE_INCOMPLETE' });
    });
  }

  test('of this host is read through with the real ps', live, async (t) => {
    const list = new Listing(t);
    let enumeration: Enumeration | undefined;
    const readers = await newChildren(async () => {
      enumeration = await list.cycle();
    });
    assert.ok(enumeration !== undefined && readers.length === 1);
    assert.equal(byPid(enumeration, process.pid).ppid, process.ppid);
    assert.deepEqual(
      enumeration.processes.filter(({ pid, ppid }) => readers.includes(pid) || readers.includes(ppid)),
      [],
    );
  });
});

/** A `ps` that never ends, and the way to know it. */
function hangingPs(t: TestContext) {
  const file = join(scratchDirectory(t), 'pid');
  const env = { PATH: programs(t, { ps: `echo $$ > ${file}.new; mv ${file}.new ${file}; exec sleep 1000` }) };
  const psPid = async () => {
    await waitUntil('ps has begun', () => existsSync(file));
    return Number(readFileSync(file, 'utf8'));
  };
  return { env, file, psPid };
}

/** A process of its own that lists with `list` and `request`. */
async function listingProcess(t: TestContext, work: string, env: NodeJS.ProcessEnv = process.env) {
  const script = join(scratchDirectory(t), 'lists.mjs');
  writeFileSync(
    script,
    `import { PortableEnumerator } from '${SOURCE}';
     import { systemClock } from '${CLOCK}';
     const list = new PortableEnumerator({ clock: systemClock ${env === process.env ? `, readerModule: '${readerModule(t, ANSWERS_AT_LAST)}'` : ''} });
     const redactor = { version: 'x', text: (value) => ({ value, redactions: 0 }), arguments: (value) => ({ value, redactions: 0 }) };
     const request = { redactor, enhanced: true, maxEnriched: 0, signal: new AbortController().signal };
     ${work}`,
  );
  const parent = spawn(process.execPath, [script], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => parent.kill('SIGKILL'));
  await once(parent.stdout, 'data');
  return { parent, pids: children(parent.pid) };
}

async function newChildren(work: () => Promise<unknown>): Promise<readonly number[]> {
  const before = children();
  await work();
  return children().filter((pid) => !before.includes(pid));
}

function children(pid = process.pid): readonly number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.filter((name) => parentOf(name) === pid).map(Number);
}

function parentOf(pid: string): number | undefined {
  try {
    return Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[1]);
  } catch {
    return undefined; // It has ended since.
  }
}

/** Time stands still until a delay is ended. */
class OverNow implements Clock {
  readonly #now = Date.now();
  endDelay: () => void = () => {};

  wallMillis = () => this.#now;
  monotonicMillis = () => this.#now;

  delay(): Promise<void> {
    return new Promise((resolve) => {
      this.endDelay = resolve;
    });
  }
}
