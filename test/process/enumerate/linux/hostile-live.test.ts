import assert from 'node:assert/strict';
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, type TestContext, test } from 'node:test';
import { createRedactor } from '../../../../src/process/redact/redactor.ts';
import { hex, hostileProgram, lackingHostile, obeyed, startAs, startHostile } from './hostile-process.ts';
import { HOSTILE_BYTES, textOf } from './hostile-texts.ts';
import { find, labelled, readingOf, scratch, statField, type Talker } from './live-host.ts';

const able = { skip: lackingHostile };

async function asked(t: TestContext, ...lines: readonly string[]): Promise<Talker> {
  const talker = await startHostile(t);
  for (const line of lines) await obeyed(talker, line);
  return talker;
}

/** By this process, from its start. */
const bytesRead = () => Number(labelled('/proc/self/io', 'rchar'));

suite('a hostile process', able, () => {
  for (const [what, bytes] of HOSTILE_BYTES) {
    test(`with ${what} in name, program, arguments and working directory is told whole`, async (t) => {
      const directory = scratch(t);
      const talker = await startAs(t, bytes, directory);
      const one = find(await readingOf(t, talker.pid)(), talker.pid);
      const { details } = one;
      assert.ok(details !== undefined);
      assert.deepEqual([details.argsCount, details.args?.length, details.args?.[1]], [3, 3, '']);
      assert.equal(details.args?.[0], details.args?.[2]);
      const paths = ['process.executable.path', 'process.working_directory'];
      const told = textOf(bytes);
      if (told === undefined) {
        assert.deepEqual(details.escapedFields, ['process.command_args', ...paths]);
        assert.match(details.args?.[0] ?? '', /\\x[0-9a-f]{2}/);
      } else {
        assert.deepEqual(details.args, [told, '', told]);
        assert.equal(details.workingDirectory, `${directory}/${told}`);
        assert.deepEqual([details.executablePath, details.executableDeleted], [`${directory}/${told}/${told}`, false]);
        if (bytes.length <= 15) assert.equal(one.comm, told);
      }
      assert.equal(one.ppid, process.pid);
      assert.equal(String(one.startTicks), statField(talker.pid, 22));
    });
  }

  test('without any argument, or with an empty first one, is told', async (t) => {
    const talker = await asked(t, `exec ${hex(hostileProgram)}`);
    const { details } = find(await readingOf(t, talker.pid)(), talker.pid);
    // Linux gives a program that is given none an empty one.
    assert.deepEqual([details?.args, details?.argsCount], [[''], 1]);
    assert.equal(details?.executablePath, hostileProgram);
  });

  for (const [count, bytes] of [
    [16, 130_000],
    [100_000, 6],
  ] as const) {
    test(`with ${count} arguments of ${bytes} bytes is told with a part, and the number of all`, async (t) => {
      const talker = await asked(t, `exec-many ${hex(hostileProgram)} ${count} ${bytes}`);
      const { details } = find(await readingOf(t, talker.pid)(), talker.pid);
      assert.deepEqual([details?.argsCount, details?.argsTruncated], [count + 1, true]);
      assert.ok((details?.args?.length ?? 0) <= 256);
      assert.ok(Buffer.byteLength(details?.args?.join('') ?? '') <= 8_192);
    });
  }

  test('with 2 MiB of arguments costs 64 KiB to look at again, and no memory', async (t) => {
    const talkers: Talker[] = [];
    for (let count = 0; count < 20; count++) {
      const talker = await startHostile(t);
      await obeyed(talker, `exec-many ${hex(hostileProgram)} 16 125000`);
      talkers.push(talker);
    }
    const read = readingOf(
      t,
      talkers.map(({ pid }) => pid),
    );
    const before = process.memoryUsage();
    const { processes } = await read();
    const after = process.memoryUsage();
    const grown = after.heapUsed + after.external - before.heapUsed - before.external;
    assert.ok(grown < 20 * 1024 ** 2, `${grown} bytes for 40 MB of arguments`);
    assert.equal(processes.filter(({ details }) => details?.argsCount === 17).length, 20);
    const bytesBefore = bytesRead();
    await read();
    const bytes = bytesRead() - bytesBefore;
    assert.ok(bytes < 20 * 80 * 1024, `${bytes} bytes were read`);
  });

  test('that says a terabyte of its memory are its arguments holds up nothing', async (t) => {
    const talker = await startHostile(t);
    const answer = await talker.ask('declare 1024');
    if (answer !== 'done') return t.skip(`this kernel lets nobody do it: ${answer}`);
    const { details } = find(await readingOf(t, talker.pid)(), talker.pid);
    assert.ok(Buffer.byteLength(details?.args?.join('') ?? '') <= 8_192);
    assert.equal(details?.executablePath, hostileProgram);
  });

  test('with 2 MiB of environment that a title runs into is told with that title, cut', async (t) => {
    const talker = await asked(t, `exec-environment ${hex(hostileProgram)} 20 100000`);
    const read = readingOf(t, talker.pid);
    const before = find(await read(), talker.pid).details;
    assert.deepEqual(before?.args, ['roomy']);
    const title = `roomy: ${'\u001b[31m'.repeat(2_000)}`;
    assert.equal(await talker.ask(`title ${hex(title)}`), 'done');
    const after = find(await read(), talker.pid).details;
    assert.deepEqual(after?.args, before?.args);
    // The kernel shows a page of it.
    assert.equal(after?.title, title.slice(0, 4_096));
  });

  test('in a directory and with a program beyond the longest path is told without them, and that is named', async (t) => {
    const talker = await asked(
      t,
      `deepen ${hex('d'.repeat(250))} 20`,
      `copy ${hex(hostileProgram)} ${hex('./deep')}`,
      `exec ${hex('./deep')} ${hex('deep')}`,
    );
    const one = find(await readingOf(t, talker.pid)(), talker.pid);
    assert.deepEqual([one.comm, one.details?.args], ['deep', ['deep']]);
    assert.deepEqual(one.details?.deniedFields, ['process.executable.path', 'process.working_directory']);
  });

  test('with paths of just the longest length is told with them', async (t) => {
    const directory = scratch(t);
    const name = 'd'.repeat(250);
    const count = Math.floor((4_095 - directory.length - '/deep'.length) / 251);
    const talker = await startHostile(t, [], directory);
    const whole = 4_095 - directory.length - 251 * count - '/deep'.length - 1;
    for (const line of [`deepen ${hex(name)} ${count}`, `deepen ${hex('e'.repeat(whole))} 1`])
      assert.equal(await talker.ask(line), 'done');
    assert.equal(await talker.ask(`copy ${hex(hostileProgram)} ${hex('./deep')}`), 'done');
    assert.equal(await talker.ask(`exec ${hex('./deep')} ${hex('deep')}`), 'ready');
    const { details } = find(await readingOf(t, talker.pid)(), talker.pid);
    const path = `${directory}${`/${name}`.repeat(count)}/${'e'.repeat(whole)}/deep`;
    assert.equal(path.length, 4_095);
    assert.deepEqual([details?.executablePath, details?.workingDirectory], [path, path.slice(0, -'/deep'.length)]);
    assert.deepEqual([details?.deniedFields, details?.truncatedFields], [undefined, undefined]);
  });

  test('of 5,000 threads is one process', async (t) => {
    const talker = await startHostile(t);
    const answer = await talker.ask('threads 5000');
    if (answer !== 'done') return t.skip(`there may not be so many here: ${answer}`);
    const seen = await readingOf(t, talker.pid)();
    assert.equal(seen.processes.length, 2);
    assert.equal(find(seen, talker.pid).threads, 5_001);
  });

  test('that leaves 500 zombies leaves 500 processes that have ended', async (t) => {
    const talker = await asked(t, 'zombies 500');
    const children = readFileSync(`/proc/${talker.pid}/task/${talker.pid}/children`, 'latin1').trim().split(' ');
    assert.equal(children.length, 500);
    const { processes, vanished } = await readingOf(t, [talker.pid, ...children.map(Number)])();
    const zombies = processes.filter(({ ppid }) => ppid === talker.pid);
    assert.deepEqual([zombies.length, new Set(zombies.map(({ stateCode }) => stateCode))], [500, new Set('Z')]);
    assert.equal(vanished, 0);
  });

  test('that calls itself by the lines and names of others, over and over, is itself all the time', async (t) => {
    const names = [') R 1 1 1 0', 'kthreadd', '(x) Z 0', '\n1 (init) S 0', 'kworker/0:0'];
    const talker = await startHostile(t);
    const read = readingOf(t, talker.pid);
    const { startTicks } = find(await read(), talker.pid);
    assert.equal(await talker.ask(`rename-on ${names.map(hex).join(' ')}`), 'done');
    for (let cycle = 0; cycle < 300; cycle++) {
      const one = find(await read(), talker.pid);
      assert.deepEqual(
        [one.ppid, one.startTicks, one.kernelThread, one.stateCode === 'R' || one.stateCode === 'S'],
        [process.pid, startTicks, false, true],
      );
      assert.deepEqual(one.details?.args, [hostileProgram, 'a', 'b']);
      assert.ok(one.comm.length <= 4 * 15, one.comm);
    }
  });

  test('that moves a secret through its arguments while they are read is never lost, and told as it was started', async (t) => {
    const secret = 'hunter2pass';
    const args = ['--port', '80', '--password', secret];
    const talker = await startHostile(t, args);
    const redactor = createRedactor('redacted');
    const read = readingOf(t, talker.pid);
    const { details, startTicks } = find(await read({ redactor }), talker.pid);
    assert.deepEqual(details?.args, [hostileProgram, '--port', '80', '--password', '[redacted]']);
    const texts = [`x\0--password\0${secret}\0--port\0`, `x\0--port\0--password\0${secret}\0`];
    assert.equal(await talker.ask(`rewrite-on ${texts.map(hex).join(' ')}`), 'done');
    for (let cycle = 0; cycle < 300; cycle++) {
      const one = find(await read({ redactor }), talker.pid);
      assert.deepEqual([one.startTicks, one.ppid, one.details?.args], [startTicks, process.pid, details?.args]);
    }
  });

  test('that looks like a kernel thread is none', async (t) => {
    const directory = scratch(t);
    const program = join(directory, 'kworker');
    copyFileSync(hostileProgram, program);
    const talker = await startHostile(t, [], directory);
    assert.equal(await talker.ask(`exec ${hex(program)} ${hex('[kworker/0:1-events]')}`), 'ready');
    const one = find(await readingOf(t, talker.pid)(), talker.pid);
    assert.deepEqual([one.kernelThread, one.details?.executablePath], [false, program]);
  });
});
