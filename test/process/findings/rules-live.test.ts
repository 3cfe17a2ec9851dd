import assert from 'node:assert/strict';
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { suite, type TestContext, test } from 'node:test';
import type { CollectionEvent } from '../../../src/event/collection-event.ts';
import { type ExpectedProcess, NO_RULE_SETTINGS, type RuleSettings } from '../../../src/event/rule-settings.ts';
import { compileRules } from '../../../src/process/findings/compile-rules.ts';
import { compileProgram } from '../../fake/compile-program.ts';
import { asStranger, asUser, STRANGER } from '../../fake/other-user.ts';
import { waitUntil } from '../../fake/wait-until.ts';
import { asRoot, LiveSource, Obedient, onLinux, running, scratch } from '../live-source.ts';

const WAITS = 'echo ready; read line';

/** A copy of the shell, by another name and in a place of its own, that runs a script. */
async function ownShell(t: TestContext, name: string, script = WAITS, options = {}) {
  const program = join(scratch(t), name);
  copyFileSync('/bin/sh', program);
  return { program, ...(await running(t, program, ['-c', script], options)) };
}

async function watching(t: TestContext, pids: readonly number[], settings: Partial<RuleSettings> = {}, config = {}) {
  const rules = await compileRules({ ...NO_RULE_SETTINGS, disabled: ELSEWHERE, ...settings });
  const source = await LiveSource.open(t, { parts: { rules }, config });
  for (const pid of pids) source.watch(pid);
  return source;
}

/** The checkout, with the Node.js that runs this, may lie where anyone may write. */
const ELSEWHERE = ['world-writable-executable'];

async function found(t: TestContext, pid: number, settings: Partial<RuleSettings> = {}): Promise<readonly string[]> {
  return (await watching(t, [pid], settings)).findingsOf(pid);
}

const nameOf = (pid: number) => readFileSync(`/proc/${pid}/comm`, 'utf8').trim();

suite('deleted-executable', onLinux, () => {
  test('is found when the file of a running program is removed, once, and not again after a restart', async (t) => {
    const { pid, program } = await ownShell(t, 'program');
    const source = await watching(t, [pid]);
    assert.ok(!(await source.findingsOf(pid)).includes('deleted-executable'));
    rmSync(program);
    assert.deepEqual(await source.findingsOf(pid), ['deleted-executable']);
    assert.deepEqual(await source.findingsOf(pid), []);
    await source.restart();
    assert.deepEqual(await source.findingsOf(pid), []);
  });

  test('is not found where an upgrade has put another file there', async (t) => {
    const { pid, program } = await ownShell(t, 'program');
    const source = await watching(t, [pid]);
    await source.cycle();
    copyFileSync('/bin/sh', `${program}.new`);
    renameSync(`${program}.new`, program);
    assert.deepEqual(await source.findingsOf(pid), []);
  });
});

/** Numbers of memfd_create(2). */
const MEMFD_CREATE: Readonly<Record<string, number>> = { x64: 319, arm64: 279 };

suite('memfd-executable', {
  skip: onLinux.skip || (MEMFD_CREATE[process.arch] === undefined && 'no number of memfd_create'),
}, () => {
  test('is found of a program that runs from memory', async (t) => {
    const script = `
      my $name = 'payload';
      my $fd = syscall(${MEMFD_CREATE[process.arch]}, $name, 0);
      open(my $memory, '>&=', $fd); open(my $shell, '<', '/bin/sh');
      binmode($memory); binmode($shell); { local $/; print {$memory} scalar(<$shell>); } $memory->flush();
      exec { "/proc/$$/fd/$fd" } 'payload', '-c', '${WAITS}';`;
    const { pid } = await running(t, 'perl', ['-MIO::Handle', '-e', script]);
    assert.deepEqual(await found(t, pid), ['memfd-executable']);
  });

  test('is not found of a removed file that is only called so', async (t) => {
    const { pid, program } = await ownShell(t, 'memfd:payload');
    rmSync(program);
    assert.ok(!(await found(t, pid)).includes('memfd-executable'));
  });
});

suite('world-writable-executable', onLinux, () => {
  test('is found of a program below a directory where anyone may write, though only its owner may write to its own', async (t) => {
    const { pid } = await ownShell(t, 'program');
    assert.ok((statSync('/tmp').mode & 0o002) !== 0, 'anyone may write to /tmp');
    assert.deepEqual(await found(t, pid, { disabled: [] }), ['world-writable-executable']);
  });

  test('is not found of a program of the system, whatever directory it works in', async (t) => {
    const { pid } = await running(t, '/bin/sh', ['-c', WAITS], { cwd: '/tmp' });
    assert.deepEqual(await found(t, pid, { disabled: [] }), []);
  });
});

suite('kernel-thread-masquerade', onLinux, () => {
  for (const argv0 of ['[kworker/0:1]', '[kworker/u8:2-events_unbound]', '[rcu_sched]', '[kthreadd]']) {
    test(`is found of a process that calls itself ${argv0}`, async (t) => {
      const { pid } = await running(t, '/bin/sh', ['-c', WAITS], { argv0 });
      assert.deepEqual(await found(t, pid), ['kernel-thread-masquerade']);
    });
  }

  test('is found of a process that takes the name of one', async (t) => {
    const { pid } = await running(t, '/bin/sh', ['-c', `printf kworker/0:1 > /proc/$$/comm; ${WAITS}`]);
    assert.deepEqual(await found(t, pid), ['kernel-thread-masquerade']);
  });

  test('is found of a program that writes it over its arguments', async (t) => {
    const obedient = await Obedient.start(t);
    const source = await watching(t, [obedient.pid]);
    assert.deepEqual(await source.findingsOf(obedient.pid), []);
    await obedient.ask('process.title = "[kswapd0]"');
    assert.deepEqual(await source.findingsOf(obedient.pid), ['kernel-thread-masquerade']);
  });

  for (const argv0 of ['[', '[worker 1] idle', 'kworkerd', 'sh [kworker/0:1]']) {
    test(`is not found of a process that calls itself ${argv0}`, async (t) => {
      const { pid } = await running(t, '/bin/sh', ['-c', WAITS], { argv0 });
      assert.deepEqual(await found(t, pid), []);
    });
  }

  test('is not found of real kernel threads, where this pid namespace has them', async (t) => {
    const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
    const threads = pids.map(Number).filter((pid) => {
      try {
        return (
          readFileSync(`/proc/${pid}/cmdline`).length === 0 &&
          /^Kthread:\s+1$/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
        );
      } catch {
        return false; // It has ended since.
      }
    });
    const source = await watching(t, threads);
    const told = (await source.cycle()).filter((event) => event.kind === 'finding');
    assert.deepEqual(
      told.filter(({ process }) => threads.includes(process?.pid ?? 0)),
      [],
    );
  });

  test('is not found of a leader that has ended before its threads, whatever it was called', async (t) => {
    const source = join(import.meta.dirname, 'programs/ended-leader.c');
    const program = compileProgram(source, scratch(t), ['-pthread']);
    if (program === undefined) return t.skip('there is no C compiler');
    const { pid } = await running(t, program, []);
    await waitUntil('the leader has ended', () => /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8')));
    assert.deepEqual([nameOf(pid), await found(t, pid)], ['kworker/0:1', []]);
  });
});

suite('name-mismatch', onLinux, () => {
  const on = { enabled: ['name-mismatch'], disabled: ELSEWHERE };

  /** A program that is no interpreter, by a name of its own. */
  async function sleeper(t: TestContext, name: string, argv0: string) {
    const program = join(scratch(t), name);
    copyFileSync('/bin/sleep', program);
    // Spawning returns once the program runs.
    const obedient = await Obedient.start(t);
    const pid = Number(
      await obedient.ask(
        `globalThis.c = require('node:child_process').spawn(${JSON.stringify(program)}, ['600'], { argv0: ${JSON.stringify(argv0)} }); c.pid`,
      ),
    );
    t.after(() => process.kill(pid, 'SIGKILL'));
    return pid;
  }

  for (const argv0 of ['/usr/sbin/sshd', 'sshd: root@pts/0', '-bash']) {
    test(`is found of a program that calls itself ${argv0} and is another, where it is asked for`, async (t) => {
      const pid = await sleeper(t, 'payload', argv0);
      assert.deepEqual(await found(t, pid, on), ['name-mismatch']);
      assert.deepEqual(await found(t, pid, { disabled: on.disabled }), []);
    });
  }

  for (const [name, argv0] of [
    ['sleep', '-sleep'],
    ['vim.basic', 'vi'],
    ['mawk', 'awk'],
    ['busybox', 'ls'],
    ['python3.11', 'gunicorn: master'],
    ['postgres', 'postgres: writer process'],
    ['nano', 'editor'],
  ] as const) {
    test(`is not found of ${name} that is called ${argv0}`, async (t) => {
      assert.deepEqual(await found(t, await sleeper(t, name, argv0), on), []);
    });
  }
});

suite('executable-hash-changed', onLinux, () => {
  /** Runs the file once more in its place, after `replace` has put another one there. */
  async function exchanged(t: TestContext, replace: (file: string) => void) {
    const again = 'exec "$0" -c "echo again; read line"';
    const { pid, program, child } = await ownShell(t, 'program', `${WAITS}; ${again}`, {});
    const source = await watching(t, [pid], { disabled: ELSEWHERE }, { computeExecutableHashes: true });
    assert.deepEqual(await source.findingsOf(pid), []);
    copyFileSync('/bin/sh', `${program}.new`);
    replace(`${program}.new`);
    renameSync(`${program}.new`, program);
    const { ino } = statSync(program);
    child.stdin?.write('go\n');
    await waitUntil('it runs the new file', () => statSync(`/proc/${pid}/exe`).ino === ino);
    return { pid, source };
  }

  test('is found where the same path has another content', async (t) => {
    const { pid, source } = await exchanged(t, (file) => appendFileSync(file, 'more'));
    assert.deepEqual(await source.findingsOf(pid), ['executable-hash-changed']);
    assert.deepEqual(await source.findingsOf(pid), []);
  });

  test('is not found where it is another file of the same content', async (t) => {
    const { pid, source } = await exchanged(t, () => {});
    assert.deepEqual(await source.findingsOf(pid), []);
  });
});

suite('gained-root', asRoot, () => {
  test('is found where a program that never was root becomes it', async (t) => {
    // A capability stands in for the hole in a kernel.
    const script = '$| = 1; print "ready\\n"; <STDIN>; POSIX::setuid(0) or print "refused\\n"; <STDIN>';
    const [setpriv, ...args] = asUser({ userId: STRANGER, capabilities: ['setuid'] });
    const { pid, child } = await running(t, setpriv, [...args, 'perl', '-MPOSIX', '-e', script]);
    const source = await watching(t, [pid]);
    assert.deepEqual(await source.findingsOf(pid), []);
    child.stdin?.write('go\n');
    await waitUntil('it is root', () => /^Uid:\s+0/m.test(readFileSync(`/proc/${pid}/status`, 'utf8')));
    assert.deepEqual(await source.findingsOf(pid), ['gained-root']);
  });

  test('is not found where root comes back to what it had laid down for a while', async (t) => {
    const obedient = await Obedient.start(t);
    const source = await watching(t, [obedient.pid]);
    await obedient.ask('process.seteuid(65534)');
    await source.cycle();
    await obedient.ask('process.seteuid(0)');
    assert.deepEqual(await source.findingsOf(obedient.pid), []);
  });

  test('is not found where a set-user-id program grants it', async (t) => {
    const program = join(scratch(t), 'grants');
    copyFileSync('/bin/cat', program);
    chmodSync(program, 0o4755);
    const script = `${WAITS}; exec ${program}`;
    const [setpriv, ...args] = [...asStranger(), '/bin/sh', '-c', script];
    const { pid, child } = await running(t, setpriv, args);
    const source = await watching(t, [pid], { disabled: ELSEWHERE });
    await source.cycle();
    child.stdin?.write('go\n');
    await waitUntil('it runs the program', () => nameOf(pid) === 'grants');
    if (!/^Uid:\s+\d+\s+0\s/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))) return t.skip('mounted nosuid');
    assert.deepEqual(await source.findingsOf(pid), []);
  });
});

suite('future-start', onLinux, () => {
  const bootedLater = (seconds: number) =>
    readFileSync('/proc/stat', 'utf8').replace(
      /^btime (\d+)$/m,
      (_, time: string) => `btime ${Number(time) + seconds}`,
    );

  test('is found where the kernel says so', async (t) => {
    const { pid } = await running(t, '/bin/sh', ['-c', WAITS]);
    const source = await watching(t, [pid]);
    source.tree.write('stat', bootedLater(3_600));
    assert.deepEqual(await source.findingsOf(pid), ['future-start']);
  });

  test('is not found of a process that has just begun, within what the kernel rounds', async (t) => {
    const { pid } = await running(t, '/bin/sh', ['-c', WAITS]);
    const source = await watching(t, [pid]);
    source.tree.write('stat', bootedLater(2));
    assert.deepEqual(await source.findingsOf(pid), []);
  });
});

suite('suspicious-child', onLinux, () => {
  const settings = { disabled: ELSEWHERE };

  /** A process called `parent` that runs one of the program `child`. */
  async function family(t: TestContext, parent: string, child: string) {
    const started = await ownShell(t, parent, `${child} -c 'echo $$; read line'; true`);
    return { parent: started.pid, child: Number(started.said) };
  }

  test('is found of a shell that a web server runs', async (t) => {
    const pids = await family(t, 'nginx', 'sh');
    const source = await watching(t, Object.values(pids), settings);
    assert.deepEqual(await source.findingsOf(pids.child), ['suspicious-child']);
  });

  test('is not found of a shell that a shell runs, or of what is only called much like a web server', async (t) => {
    const pids = await family(t, 'engine', 'sh');
    const source = await watching(t, Object.values(pids), settings);
    assert.deepEqual(await source.findingsOf(pids.child), []);
  });

  test('goes by the pairs that are configured, and by no other then', async (t) => {
    const suspiciousChildren = [{ parents: ['eng*'], children: ['sh', 'dash'] }];
    const engine = await family(t, 'engine', 'sh');
    const nginx = await family(t, 'nginx', 'sh');
    const source = await watching(t, [...Object.values(engine), ...Object.values(nginx)], {
      ...settings,
      suspiciousChildren,
    });
    const told = (await source.cycle()).filter((event) => event.kind === 'finding');
    assert.deepEqual(
      told.map(({ process }) => process?.pid),
      [engine.child],
    );
  });
});

suite('an own rule', onLinux, () => {
  test('finds what it says, and asks another source about it', async (t) => {
    const { pid } = await running(t, '/bin/sh', ['-c', WAITS, 'zero', '--port=4444']);
    const own = [
      {
        id: 'listens-4444',
        title: 'Listens on 4444',
        description: '',
        category: 'custom',
        severity: 'high' as const,
        techniques: [],
        when: 'process.args.exists(a, a.matches("^--port=4{4}$")) && parent.pid > 0 && !process.executable.deleted',
        trigger: { target: 'binary-hasher', analysisType: 'binary_hash' as const },
      },
    ];
    const source = await watching(t, [pid], { own });
    const told = await source.cycle();
    assert.deepEqual(
      told.map((event) => (event.kind === 'finding' ? event.rule.id : event.kind)),
      ['agent', 'listens-4444', 'trigger'],
    );
    const trigger = told.at(-1);
    assert.ok(trigger?.kind === 'trigger');
    const { target, analysisType, priority, process: asked, correlationId } = trigger.request;
    assert.deepEqual([target, analysisType, priority, asked?.pid], ['binary-hasher', 'binary_hash', 'high', pid]);
    assert.match(correlationId, /^finding:listens-4444:\d+:\d+$/);
  });
});

suite('expected-process-missing and -flapping', onLinux, () => {
  const expected: ExpectedProcess = {
    name: 'worker',
    match: { comm: 'worker-live' },
    count: 1,
    graceMillis: 0,
    flappingRestarts: 1,
    flappingWindowMillis: 600_000,
  };

  const rulesOf = (events: readonly CollectionEvent[]) =>
    events.filter((event) => event.kind === 'finding').map(({ rule }) => rule.id);

  test('are found of a process that ends, and of one that starts again and again', async (t) => {
    const settings = { disabled: ELSEWHERE, expectedProcesses: [expected] };
    const source = await watching(t, [], settings);
    const begin = async () => {
      const { pid, child } = await ownShell(t, 'worker-live');
      source.watch(pid);
      return async () => {
        child.kill('SIGKILL');
        await new Promise((resolve) => child.once('close', resolve));
      };
    };
    let end = await begin();
    assert.deepEqual(rulesOf(await source.cycle()), []);
    await end();
    assert.deepEqual(rulesOf(await source.cycle()), ['expected-process-missing']);
    end = await begin();
    assert.deepEqual(rulesOf(await source.cycle()), []);
    await end();
    end = await begin();
    assert.deepEqual(rulesOf(await source.cycle()), ['expected-process-flapping']);
  });

  test('are not found of a process that stops for a moment without ending, nor of another that ends', async (t) => {
    const settings = { disabled: ELSEWHERE, expectedProcesses: [expected] };
    const worker = await ownShell(t, 'worker-live');
    const other = await ownShell(t, 'other-live');
    const source = await watching(t, [worker.pid, other.pid], settings);
    assert.deepEqual(rulesOf(await source.cycle()), []);
    process.kill(worker.pid, 'SIGSTOP');
    other.child.kill('SIGKILL');
    await new Promise((resolve) => other.child.once('close', resolve));
    assert.deepEqual(rulesOf(await source.cycle()), []);
  });
});
