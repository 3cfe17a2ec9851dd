import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  closeSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, type TestContext, test } from 'node:test';
import { HashEngine, type HashEngineOptions, type HashOutcome } from '../../src/hasher/hash-engine.ts';
import { SnapshotStore } from '../../src/store/snapshot-store.ts';
import { ManualClock } from '../fake/manual-clock.ts';
import { openStore, scratchDirectory } from '../fake/scratch-store.ts';
import { HashReport } from './hash-report.ts';
import { folder, settled, settledFile, versionOf } from './program-file.ts';

const sha256 = (content: string) => createHash('sha256').update(content).digest('hex');

const failed = (reason: string) => ({ ok: false, reason });

function makeEngine(t: TestContext, options: HashEngineOptions = {}): { engine: HashEngine; report: HashReport } {
  const report = new HashReport();
  const engine = new HashEngine({ observer: report, bytesPerSecond: 0, ...options });
  t.after(() => engine.close());
  return { engine, report };
}

const hashPath = (engine: HashEngine, path: string): Promise<HashOutcome> => engine.hash({ open: () => open(path) });

const neverOpened = (): Promise<FileHandle> => new Promise(() => {});

/** Descriptors of files in that folder that this process holds. */
function openBelow(directory: string): number {
  return readdirSync('/proc/self/fd').filter((fd) => linkOf(fd).startsWith(directory)).length;
}

function linkOf(fd: string): string {
  try {
    return process.getBuiltinModule('node:fs').readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    // The one the listing itself was read through.
    return '';
  }
}

suite('the hash of a file', () => {
  for (const [what, content] of [
    ['a short one', 'abc'],
    ['an empty one', ''],
    ['one of exactly a piece', 'x'.repeat(512 * 1024)],
    ['one of several pieces and a rest', 'x'.repeat(3 * 1024 * 1024 + 1)],
  ] as const) {
    test(`is the SHA-256 of its content, in lower-case hex: ${what}`, async (t) => {
      const { engine, report } = makeEngine(t);
      const outcome = await hashPath(engine, await settledFile(t, content));
      assert.deepEqual(outcome, { ok: true, sha256: sha256(content), bytes: content.length });
      assert.equal(report.readBytes, content.length);
      assert.ok((report.reads[0]?.seconds ?? -1) >= 0);
    });
  }

  test('is that of what a link leads to, when it is of the version that is asked for', async (t) => {
    const { engine } = makeEngine(t);
    const link = `/proc/${process.pid}/exe`;
    const outcome = await engine.hashLink(link, versionOf(link));
    assert.equal(outcome.ok && outcome.bytes, statSync(process.execPath).size);
    assert.deepEqual(await engine.hashLink(link, `${versionOf(link)}0`), failed('replaced'));
  });

  test('is made once for a version, however many ask at once and after', async (t) => {
    const { engine, report } = makeEngine(t, { concurrency: 4 });
    const path = await settledFile(t, 'shared by many');
    await Promise.all(Array.from({ length: 20 }, () => hashPath(engine, path)));
    await hashPath(engine, path);
    assert.equal(engine.known(versionOf(path)), sha256('shared by many'));
    assert.equal(report.readBytes, 'shared by many'.length);
    assert.deepEqual(
      ['hashed', 'cached'].map((wanted) => report.outcomes.filter((outcome) => outcome === wanted).length),
      [1, 21],
    );
  });

  test('is another one after an edit in place with size and mtime as they were', async (t) => {
    const { engine } = makeEngine(t);
    const path = await settledFile(t, 'before');
    const { ino, atime, mtime } = statSync(path);
    assert.equal(await sha256Of(hashPath(engine, path)), sha256('before'));
    writeFileSync(path, 'after!');
    utimesSync(path, atime, mtime);
    assert.deepEqual([statSync(path).ino, statSync(path).mtimeMs], [ino, mtime.getTime()]);
    assert.equal(await sha256Of(hashPath(engine, path)), sha256('after!'));
  });

  test('is right for a file that was written this very moment, and written again', async (t) => {
    const { engine } = makeEngine(t);
    const path = join(folder(t), 'program');
    for (let round = 0; round < 20; round++) {
      writeFileSync(path, `round ${round % 10}`);
      assert.equal(await sha256Of(hashPath(engine, path)), sha256(`round ${round % 10}`));
    }
  });

  test('is there for each of many, whatever becomes of the others', async (t) => {
    const { engine, report } = makeEngine(t);
    const directory = folder(t);
    const paths = Array.from({ length: 20 }, (_, index) => join(directory, String(index)));
    for (const path of paths) writeFileSync(path, path);
    const gone = paths[3] as string;
    rmSync(gone);
    const outcomes = await Promise.all(paths.map((path) => hashPath(engine, path)));
    assert.deepEqual(
      outcomes.map((outcome) => (outcome.ok ? outcome.sha256 : outcome.reason)),
      paths.map((path) => (path === gone ? 'gone' : sha256(path))),
    );
    assert.equal(report.outcomes.filter((outcome) => outcome === 'gone').length, 1);
  });
});

suite('a file is not hashed', () => {
  test('when it is none, or is too large; it is not read then', async (t) => {
    const { engine, report } = makeEngine(t);
    assert.deepEqual(await hashPath(engine, tmpdir()), failed('not_a_file'));
    const path = await settledFile(t, '');
    truncateSync(path, 512 * 1024 * 1024 + 1);
    assert.deepEqual(await hashPath(engine, path), failed('too_large'));
    assert.deepEqual([report.outcomes, report.reads], [['not_a_file', 'too_large'], []]);
  });

  test('when whoever opens it says why not', async (t) => {
    const { engine } = makeEngine(t);
    assert.deepEqual(await engine.hash({ open: async () => 'denied' }), failed('denied'));
  });

  for (const [how, change] of [
    ['grows', (path: string) => appendFileSync(path, 'more')],
    ['shrinks', (path: string) => truncateSync(path, 3)],
    ['is written over, with its mtime put back', overwrite],
    ['is replaced by another one of its name', (path: string) => rmSync(path)],
  ] as const) {
    test(`when it ${how} while it is read: that is told as such`, async (t) => {
      const { engine, report } = makeEngine(t);
      const path = await settledFile(t, 'as it was at first');
      const outcome = await engine.hash({ open: () => openToChange(path, () => change(path)) });
      assert.deepEqual([outcome, report.outcomes], [failed('changed'), ['changed']]);
      assert.deepEqual(report.reads.length, 1);
    });
  }
});

suite('who asks', () => {
  test('gets an answer at the deadline, from a file system that gives none', async (t) => {
    const clock = new ManualClock();
    const { engine } = makeEngine(t, { clock, concurrency: 1 });
    const waiting = engine.hash({ open: neverOpened });
    clock.advance(await clock.sleeping((millis) => millis === 30_000));
    await clock.sleeping((millis) => millis === 0);
    clock.advance(0);
    assert.deepEqual(await waiting, failed('timeout'));
  });

  test('may give up at any time: while it waits, and while the file is read, which is then closed', async (t) => {
    const { engine, report } = makeEngine(t, { concurrency: 1, bytesPerSecond: 64 * 1024 });
    const path = await settledFile(t, 'x'.repeat(1024 * 1024));
    const giveUp = new AbortController();
    const opened = Promise.withResolvers<void>();
    const read = engine.hash({
      signal: giveUp.signal,
      open: async () => {
        const file = await open(path);
        opened.resolve();
        return file;
      },
    });
    const waits = engine.hash({ signal: giveUp.signal, open: neverOpened });
    await opened.promise;
    giveUp.abort();
    assert.deepEqual([await read, await waits], [failed('timeout'), failed('timeout')]);
    assert.deepEqual(await engine.hash({ signal: giveUp.signal, open: neverOpened }), failed('timeout'));
    // Its turn comes when the file before it is closed.
    assert.deepEqual(await engine.hash({ open: async () => 'gone' }), failed('gone'));
    assert.equal(openBelow(path), 0);
    assert.ok(report.readBytes < 1024 * 1024);
  });

  test('urgently comes before all others that wait', async (t) => {
    const { engine } = makeEngine(t, { concurrency: 1 });
    const turns: string[] = [];
    const turn = (name: string, urgent: boolean) =>
      engine.hash({ urgent, open: async () => (turns.push(name), 'gone' as const) });
    await Promise.all([turn('first', false), turn('second', false), turn('urgent', true), turn('urgent too', true)]);
    assert.deepEqual(turns, ['first', 'urgent', 'urgent too', 'second']);
  });

  test('too much is refused at once', async (t) => {
    const { engine } = makeEngine(t, { concurrency: 1 });
    for (let waiting = 0; waiting < 10_000; waiting++) void engine.hash({ open: neverOpened });
    assert.deepEqual(await engine.hash({ open: neverOpened }), failed('exhausted'));
  });
});

suite('an engine', () => {
  test('opens no more files at once than it may', async (t) => {
    const { engine } = makeEngine(t, { concurrency: 3 });
    let opened = 0;
    let most = 0;
    const path = await settledFile(t, 'one of many');
    const request = () =>
      engine.hash({
        open: async () => {
          opened += 1;
          most = Math.max(most, opened);
          const file = await open(path);
          const close = file.close.bind(file);
          file.close = () => ((opened -= 1), close());
          return file;
        },
      });
    await Promise.all(Array.from({ length: 30 }, request));
    assert.equal(most, 3);
  });

  test('has threads only while there is something to hash, and no more than it may', async (t) => {
    const clock = new ManualClock();
    const { engine } = makeEngine(t, { clock, concurrency: 2 });
    assert.equal(engine.threads, 0);
    const directory = folder(t);
    const paths = Array.from({ length: 10 }, (_, index) => join(directory, String(index)));
    for (const path of paths) writeFileSync(path, path);
    let most = 0;
    await Promise.all(
      paths.map(async (path) => {
        await hashPath(engine, path);
        most = Math.max(most, engine.threads);
      }),
    );
    assert.ok(most >= 1 && most <= 2, `${most} threads`);
    clock.advance(2_000);
    assert.equal(await clockTurns(() => engine.threads), 0);
    writeFileSync(paths[0] as string, 'new');
    assert.equal(await sha256Of(hashPath(engine, paths[0] as string)), sha256('new'));
  });

  test('keeps to its bytes per second, all files together', async (t) => {
    const rate = 2 * 1024 * 1024;
    const { engine } = makeEngine(t, { concurrency: 2, bytesPerSecond: rate });
    const paths = [await settledFile(t, 'a'.repeat(rate / 2)), await settledFile(t, 'b'.repeat(rate / 2))];
    const startedAt = performance.now();
    await Promise.all(paths.map((path) => hashPath(engine, path)));
    // The first piece, an eighth of a second, is free.
    assert.ok(performance.now() - startedAt >= 870);
  });

  test('begins with nothing new while only what is asked for is hashed, and with all that waits afterwards', async (t) => {
    const { engine } = makeEngine(t, { concurrency: 1 });
    const turns: string[] = [];
    const turn = (name: string, urgent: boolean) =>
      engine.hash({ urgent, open: async () => (turns.push(name), 'gone' as const) });
    engine.setPace('asked');
    const waiting = turn('waits', false);
    await turn('asked for', true);
    assert.deepEqual(turns, ['asked for']);
    engine.setPace('eased');
    await waiting;
    assert.deepEqual(turns, ['asked for', 'waits']);
  });

  test('is made at an eighth of the rate while that is eased', async (t) => {
    const { engine } = makeEngine(t, { concurrency: 1, bytesPerSecond: 8 * 1024 ** 2 });
    const path = await settledFile(t, 'x'.repeat(1.5 * 1024 ** 2));
    engine.setPace('eased');
    const startedAt = performance.now();
    assert.equal((await hashPath(engine, path)).ok, true);
    // Three pieces, the first of which is free, half a second each; at the whole rate it would be an eighth of that.
    assert.ok(performance.now() - startedAt >= 990);
  });

  for (const [options, message] of [
    [{ concurrency: 0 }, /concurrency is 0, it must be a whole number from 1 to 16/],
    [{ concurrency: 17 }, /concurrency is 17/],
    [{ bytesPerSecond: -1 }, /bytesPerSecond is -1/],
    [{ bytesPerSecond: Number.NaN }, /bytesPerSecond is NaN/],
  ] as const) {
    test(`is not made with ${JSON.stringify(options)}`, () => {
      assert.throws(() => new HashEngine(options), { code: 'CONFIG_INVALID', message });
    });
  }

  test('gives up everything when it is closed, and may be closed twice', async (t) => {
    const { engine } = makeEngine(t, { concurrency: 1, bytesPerSecond: 1024 });
    const path = await settledFile(t, 'x'.repeat(1024 * 1024));
    const outcomes = [hashPath(engine, path), hashPath(engine, path)];
    await engine.close();
    await engine.close();
    assert.deepEqual(await Promise.all([...outcomes, hashPath(engine, path)]), Array(3).fill(failed('timeout')));
  });
});

suite('what was hashed', () => {
  test('is known to the next run, without reading', async (t) => {
    const directory = scratchDirectory(t);
    const path = await settledFile(t, 'still there tomorrow');
    const store = await SnapshotStore.open({ directory });
    const first = makeEngine(t, { cache: store.hashCache }).engine;
    await hashPath(first, path);
    store.transact(() => first.write());
    first.written();
    assert.equal(first.known(versionOf(path)), sha256('still there tomorrow'));
    await store.close();

    const { engine, report } = makeEngine(t, { cache: (await openStore(t, { directory })).hashCache });
    assert.equal(engine.known(versionOf(path)), sha256('still there tomorrow'));
    assert.equal(await sha256Of(hashPath(engine, path)), sha256('still there tomorrow'));
    assert.deepEqual([report.reads, report.outcomes], [[], ['cached', 'cached']]);
  });

  test('is written again when the transaction came to nothing', async (t) => {
    const store = await openStore(t);
    const { engine } = makeEngine(t, { cache: store.hashCache });
    const path = await settledFile(t, 'abc');
    await hashPath(engine, path);
    const rollBack = () =>
      store.transact(() => {
        engine.write();
        throw new Error('the disk is full');
      });
    assert.throws(rollBack, /the disk is full/);
    assert.equal(store.hashCache.get(versionOf(path)), undefined);
    store.transact(() => engine.write());
    assert.equal(store.hashCache.get(versionOf(path)), sha256('abc'));
  });

  test('is not taken for that of the file as it is after an edit while procmond did not run', async (t) => {
    const store = await openStore(t);
    const path = await settledFile(t, 'before');
    const { atime, mtime } = statSync(path);
    const first = makeEngine(t, { cache: store.hashCache }).engine;
    await hashPath(first, path);
    store.transact(() => first.write());
    writeFileSync(path, 'after!');
    utimesSync(path, atime, mtime);
    await settled(path);
    const { engine } = makeEngine(t, { cache: store.hashCache });
    assert.equal(engine.known(versionOf(path)), undefined);
    assert.equal(await sha256Of(hashPath(engine, path)), sha256('after!'));
  });
});

async function sha256Of(outcome: Promise<HashOutcome>): Promise<string | undefined> {
  const settledOutcome = await outcome;
  return settledOutcome.ok ? settledOutcome.sha256 : settledOutcome.reason;
}

/** What comes of it when all that can happen now has happened. */
async function clockTurns<Result>(read: () => Result): Promise<Result> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
  return read();
}

/** The same length, in the same file. */
function overwrite(path: string): void {
  const { atime, mtime } = statSync(path);
  const file = openSync(path, 'r+');
  writeSync(file, 'as it is now');
  closeSync(file);
  utimesSync(path, atime, mtime);
}

/** A file that changes between being looked at and being read. */
async function openToChange(path: string, change: () => void): Promise<FileHandle> {
  const file = await open(path);
  const look = file.stat.bind(file) as (options: { bigint: true }) => ReturnType<FileHandle['stat']>;
  let looks = 0;
  file.stat = (async (options: { bigint: true }) => {
    const stats = await look(options);
    looks += 1;
    if (looks === 1) change();
    return stats;
  }) as unknown as FileHandle['stat'];
  return file;
}
