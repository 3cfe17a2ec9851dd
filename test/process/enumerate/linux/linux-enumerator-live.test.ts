import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { suite, test } from 'node:test';
import { decodeText } from '../../../../src/process/enumerate/decode-text.ts';
import { lacking } from '../../../fake/lacking.ts';
import { enumerator, find, readingOf, scratch, statField, Talker } from './live-host.ts';

const linux = { skip: lacking({}) };

suite('the processes of this host', linux, () => {
  test('are all there, this one with what it knows of itself', async () => {
    const enumeration = await enumerator()();
    const own = find(enumeration, process.pid);
    assert.equal(own.ppid, process.ppid);
    assert.equal(own.startTicks, Number(statField(process.pid, 22)));
    assert.equal(own.sessionId, Number(statField(process.pid, 6)));
    assert.equal(own.kernelThread, false);
    const { details } = own;
    assert.equal(details?.userId, process.geteuid?.());
    assert.equal(details?.realGroupId, process.getgid?.());
    assert.equal(details?.executablePath, readlinkSync('/proc/self/exe'));
    assert.equal(details?.executableInode, statSync('/proc/self/exe').ino);
    assert.equal(details?.workingDirectory, process.cwd());
    assert.equal(`pid:[${details?.pidNamespace}]`, readlinkSync('/proc/self/ns/pid'));
    assert.match(details?.cpid ?? '', /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.equal(own.threads, readdirSync('/proc/self/task').length);
  });

  test('are read in the units of the running kernel', async () => {
    const own = find(await enumerator()(), process.pid);
    const rssBytes = process.memoryUsage.rss();
    const read = own.rssBytes ?? 0;
    assert.ok(read > rssBytes / 2 && read < rssBytes * 2, `${read} is not about ${rssBytes}`);
    const cpuSeconds = process.cpuUsage().user / 1e6;
    assert.ok((own.userTicks ?? Infinity) / 100 <= cpuSeconds + 0.1);
  });

  test('hold no thread', async () => {
    const threads = readdirSync('/proc/self/task')
      .map(Number)
      .filter((id) => id !== process.pid);
    assert.ok(threads.length > 0, 'Node.js has threads');
    const { processes } = await enumerator()();
    assert.deepEqual(
      processes.filter(({ pid }) => threads.includes(pid)),
      [],
    );
  });

  test('hold kernel threads, where this pid namespace has them, and take nothing else for one', async () => {
    const { processes } = await enumerator()();
    for (const { pid, kernelThread } of processes) {
      let flags: number;
      try {
        flags = Number(statField(pid, 9));
      } catch {
        continue; // It has ended since.
      }
      assert.equal(kernelThread, (flags & 0x0020_0000) !== 0, `pid ${pid}`);
    }
  });

  test('have creation times that do not move, and are those of the kernel', async () => {
    const read = enumerator();
    const first = await read();
    const second = await read();
    assert.equal(second.boot.id, first.boot.id);
    assert.equal(find(second, process.pid).startTicks, find(first, process.pid).startTicks);
    const bootSeconds = Number(/^btime (\d+)$/m.exec(readFileSync('/proc/stat', 'utf8'))?.[1]);
    assert.equal(second.boot.timeMillis, bootSeconds * 1000);
  });

  test('are compared in one scope, run after run', async () => {
    assert.deepEqual((await enumerator()()).scope, (await enumerator()()).scope);
  });
});

suite('a process of this host', linux, () => {
  test('that execs in place is seen with its new program in the next cycle', async (t) => {
    const shell = await Talker.run(t, 'echo ready; read line; exec cat');
    const read = readingOf(t, shell.pid, 0);
    const before = find(await read(), shell.pid);
    const { details } = before;
    assert.match(details?.args?.join(' ') ?? '', /^\/bin\/sh -c echo ready/);
    shell.tell('go');
    shell.tell('echo from cat');
    assert.equal(await shell.line(), 'echo from cat');
    const after = find(await read(), shell.pid);
    assert.equal(after.startTicks, before.startTicks);
    assert.deepEqual([after.comm, after.details?.args], ['cat', ['cat']]);
    assert.notEqual(after.details?.executableInode, details?.executableInode);
  });

  test('that execs the same program with other arguments is seen in the next cycle', async (t) => {
    const shell = await Talker.run(t, 'echo ready; read line; exec /bin/sh -c "echo again; read line" two');
    const read = readingOf(t, shell.pid, 0);
    await read();
    shell.tell('go');
    assert.equal(await shell.line(), 'again');
    assert.deepEqual(find(await read(), shell.pid).details?.args, ['/bin/sh', '-c', 'echo again; read line', 'two']);
  });

  test('that writes a title over its arguments keeps them', async (t) => {
    const script =
      'console.log("ready"); process.stdin.once("data", () => { process.title = "t"; console.log("done") })';
    const shell = await Talker.run(t, 'exec "$0" -e "$1"', { args: [process.execPath, script] });
    const read = readingOf(t, shell.pid);
    const { details } = find(await read(), shell.pid);
    assert.deepEqual(details?.args, [process.execPath, '-e', script]);
    shell.tell('go');
    assert.equal(await shell.line(), 'done');
    const after = find(await read(), shell.pid);
    assert.deepEqual([after.comm, after.details?.args], ['t', details.args]);
    assert.deepEqual(find(await readingOf(t, shell.pid)(), shell.pid).details?.args, ['t']);
  });

  test('with bytes that are not UTF-8 in its arguments, program and working directory is told with all of them', async (t) => {
    const directory = scratch(t);
    copyFileSync('/bin/sh', Buffer.from(`${directory}/sh\xff`, 'latin1'));
    mkdirSync(Buffer.from(`${directory}/caf\xe9`, 'latin1'));
    const script =
      'cd "$0/$(printf "caf\\351")"; exec "$(printf "../sh\\377")" -c "echo ready; read line" "$(printf "\\377\\n")"';
    const shell = await Talker.run(t, script, { args: [directory] });
    const { details } = find(await readingOf(t, shell.pid)(), shell.pid);
    assert.equal(details?.executablePath, `${directory}/sh\\xff`);
    assert.equal(details?.workingDirectory, `${directory}/caf\\xe9`);
    assert.deepEqual(details?.args, ['../sh\\xff', '-c', 'echo ready; read line', '\\xff']);
    assert.deepEqual(details?.escapedFields, [
      'process.command_args',
      'process.executable.path',
      'process.working_directory',
    ]);
  });

  for (const name of ['x) R 1 (y', 'a\nb', '\x1b[2J', 'caf\xe9', ') S 1\n9 (']) {
    test(`called ${JSON.stringify(name)} is told by that name, and is no other process`, async (t) => {
      const named = await Talker.run(t, 'printf "$0" > /proc/$$/comm; echo ready; read line', {
        args: [[...Buffer.from(name, 'latin1')].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('')],
      });
      const found = find(await readingOf(t, named.pid)(), named.pid);
      const { text, escaped } = decodeText(Buffer.from(name, 'latin1'));
      assert.deepEqual([found.comm, found.commEscaped, found.ppid], [text, escaped, process.pid]);
    });
  }

  test('with 15,000 arguments is told with 256 and the number of all', async (t) => {
    const many = Array.from({ length: 15_000 }, () => 'a'.repeat(99));
    const shell = await Talker.run(t, 'echo ready; read line', { args: many });
    const { details } = find(await readingOf(t, shell.pid)(), shell.pid);
    assert.deepEqual([details?.argsCount, details?.argsTruncated], [15_003, true]);
    assert.ok((details?.args?.length ?? 0) <= 256);
  });

  test('in a working directory too deep for a path fails no cycle', async (t) => {
    const directory = scratch(t);
    const deep = `i=0; while [ $i -lt 20 ]; do mkdir ${'d'.repeat(250)}; cd -P ${'d'.repeat(250)}; i=$((i+1)); done`;
    const shell = await Talker.run(t, `cd "$0"; ${deep} 2>/dev/null; echo ready; read line`, { args: [directory] });
    const { details } = find(await readingOf(t, shell.pid)(), shell.pid);
    assert.equal(details?.workingDirectory, undefined);
    assert.deepEqual(details?.deniedFields, ['process.working_directory']);
    assert.equal(details?.args?.[0], '/bin/sh');
  });

  test('that has ended and is not yet waited for keeps its program and arguments', async (t) => {
    // The shell turns into a cat, which waits for no child.
    const shell = await Talker.run(t, 'cat /dev/zero >/dev/null & echo $!; exec cat');
    shell.tell('echo from cat');
    await shell.line();
    const pid = Number(shell.ready);
    const read = readingOf(t, pid);
    while (find(await read(), pid).comm !== 'cat');
    const { details } = find(await read(), pid);
    assert.deepEqual(details?.args, ['cat', '/dev/zero']);
    process.kill(pid, 'SIGKILL');
    while (find(await read(), pid).stateCode !== 'Z');
    assert.equal(find(await read(), pid).details, details);
  });

  test('of another user is told without what the system denies, and that is named', async (t) => {
    const asRoot = process.geteuid?.() === 0;
    const other = asRoot ? (await Talker.run(t, 'echo ready; read line')).pid : 1;
    const reader = enumerator();
    const { details } = await withoutPrivileges(asRoot, async () => find(await reader(), other));
    const denied = details?.deniedFields ?? [];
    for (const field of ['process.executable.path', 'process.working_directory', 'procmond.namespace.net']) {
      assert.ok(denied.includes(field), `${field} is not among ${denied.join(', ')}`);
    }
    assert.equal(details?.executablePath, undefined);
    assert.equal(details?.userId, 0);
    assert.ok(details.cpid !== undefined, 'a CPID needs no right over the process');
  });
});

/** Root may read everything: it becomes nobody for as long as `work` takes. */
async function withoutPrivileges<Result>(asRoot: boolean, work: () => Promise<Result>): Promise<Result> {
  if (!asRoot) return work();
  process.seteuid?.(65_534);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
  }
}
