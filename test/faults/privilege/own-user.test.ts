import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { suite, type TestContext, test } from 'node:test';
import { asStranger, asUser, BOTH, lackingStranger, STRANGER, strangersDirectory } from '../../fake/other-user.ts';
import { commandLine, NO_ENDPOINT, runProgram } from '../../fake/run-procmond.ts';
import { RunningProcmond } from '../../fake/running-procmond.ts';
import { scratchDirectory } from '../../fake/scratch-store.ts';

/** CAP_DAC_READ_SEARCH and CAP_SYS_PTRACE. */
const THE_TWO = '0000000000080004';
/** What it takes to give rights away, and nothing else. */
const GIVING = ['setuid', 'setgid', 'setpcap'];
const ONCE = ['run', '--once', '--endpoint', NO_ENDPOINT];

suite('run --user, started as root', { skip: lackingStranger(['unshare', 'mount']) }, () => {
  test('goes on under the same pid as that user, with the two capabilities, no groups, and no way to more', async (t) => {
    const dataDirectory = join(openDirectory(t), 'above', 'data');
    const args = ['--user', String(STRANGER)];
    const procmond = RunningProcmond.start(t, { dataDirectory, args, env: { MARK: 'kept' } });
    await procmond.says(/first look/);
    const read = (name: string) => readFileSync(`/proc/${procmond.pid}/${name}`, 'latin1');
    const status = read('status');
    const expected = {
      Uid: [STRANGER, STRANGER, STRANGER, STRANGER].join('\t'),
      Gid: [STRANGER, STRANGER, STRANGER, STRANGER].join('\t'),
      Groups: ' ',
      CapInh: THE_TWO,
      CapPrm: THE_TWO,
      CapEff: THE_TWO,
      CapBnd: THE_TWO,
      CapAmb: THE_TWO,
      NoNewPrivs: '1',
    };
    for (const [label, value] of Object.entries(expected)) assert.equal(field(status, label), value, label);
    for (const thread of readdirSync(`/proc/${procmond.pid}/task`)) {
      assert.equal(field(read(`task/${thread}/status`), 'CapEff'), THE_TWO, `thread ${thread}`);
    }
    const environment = read('environ').split('\0');
    assert.ok(environment.includes('MARK=kept') && environment.includes(`HOME=${dataDirectory}`), environment.join());
    assert.match(procmond.log, /rights {3}uid 64999, with CAP_DAC_READ_SEARCH and CAP_SYS_PTRACE\n/);
    assert.equal(procmond.log.split('watches every process').length, 2, 'it began once');

    const owners = [dataDirectory, ...readdirSync(dataDirectory).map((name) => join(dataDirectory, name))];
    for (const path of owners) {
      const { uid, gid, mode } = statSync(path);
      assert.deepEqual([uid, gid, mode & 0o077], [STRANGER, STRANGER, 0], path);
    }
    const above = statSync(dirname(dataDirectory));
    assert.deepEqual([above.uid, above.mode & 0o777], [0, 0o755], 'what is above is for root, and to go through');
    assert.equal(await procmond.end('SIGTERM'), 0);
  });

  test('keeps the data directory of root where nobody names one', async (t) => {
    // A mount of its own: the real /var/lib stays as it is.
    const lib = scratchDirectory(t);
    chmodSync(lib, 0o755);
    const inNamespace = [
      'unshare',
      '--mount',
      'sh',
      '-c',
      'mount --bind "$1" /var/lib && shift && exec "$@"',
      'sh',
      lib,
    ];
    const { exitCode, stderr } = await runProgram(
      [...inNamespace, ...commandLine([...ONCE, '--user', `${STRANGER}:7`])],
      { HOME: '/root' },
    );
    assert.equal(exitCode, 0, stderr);
    const { uid, gid, mode } = statSync(join(lib, 'procmond'));
    assert.deepEqual([uid, gid, mode & 0o777], [STRANGER, 7, 0o700]);
    assert.ok(readdirSync(join(lib, 'procmond')).includes('data.mdb'));
  });

  test('takes names of users and groups from the files', async (t) => {
    const directory = join(openDirectory(t), 'data');
    const { exitCode, stderr } = await runProgram(
      commandLine([...ONCE, '--user', 'nobody:tty', '--data-dir', directory]),
    );
    assert.equal(exitCode, 0, stderr);
    const { uid, gid } = statSync(directory);
    const idOf = (file: string, name: string) =>
      Number(
        readFileSync(file, 'utf8')
          .split('\n')
          .find((line) => line.startsWith(`${name}:`))
          ?.split(':')[2],
      );
    assert.deepEqual([uid, gid], [idOf('/etc/passwd', 'nobody'), idOf('/etc/group', 'tty')]);
  });

  test('needs no more of root than the rights to give rights away', async (t) => {
    const directory = strangersDirectory(t);
    // As docker-compose.yml gives them.
    const by = asUser({ userId: 0, capabilities: [...GIVING, ...BOTH] }).toSpliced(1, 0, '--no-new-privs');
    const { exitCode, stderr } = await runProgram([
      ...by,
      ...commandLine([...ONCE, '--user', String(STRANGER), '--data-dir', directory]),
    ]);
    assert.equal(exitCode, 0, stderr);
    assert.equal(statSync(join(directory, 'data.mdb')).uid, STRANGER);
  });

  test('keeps only what root has, and says what is denied for want of it', async (t) => {
    const procmond = RunningProcmond.start(t, {
      dataDirectory: strangersDirectory(t),
      by: asUser({ userId: 0, capabilities: GIVING }),
      args: ['--user', String(STRANGER)],
    });
    await procmond.says(/uid 64999 lacks CAP_DAC_READ_SEARCH and CAP_SYS_PTRACE: systemd gives it/);
    assert.equal(field(readFileSync(`/proc/${procmond.pid}/status`, 'latin1'), 'CapBnd'), '0000000000000000');
    assert.equal(await procmond.end('SIGTERM'), 0);
  });

  test('stays who it is where it was started as that user', async (t) => {
    const { exitCode, stderr } = await runProgram([
      ...asStranger(),
      ...commandLine([...ONCE, '--user', String(STRANGER), '--data-dir', strangersDirectory(t)]),
    ]);
    assert.equal(exitCode, 0, stderr);
  });

  interface Refusal {
    readonly name: string;
    readonly user?: string;
    readonly by?: (t: TestContext) => readonly string[];
    readonly path?: (t: TestContext) => string;
    readonly exitCode: 1 | 2;
    readonly message: RegExp;
  }
  const refusals: readonly Refusal[] = [
    {
      name: 'refuses to become another user when it is not root',
      by: () => asStranger(),
      user: '65000',
      exitCode: 2,
      message:
        /^procmond: flag --user: procmond runs as uid 64999, gid 64999, and cannot become "65000": start it as root/,
    },
    {
      name: 'refuses a user that no file names',
      user: 'no-such-user',
      exitCode: 2,
      message:
        /^procmond: flag --user: "no-such-user" names a user that is not in \/etc\/passwd; a number does without/,
    },
    { name: 'refuses root', user: 'root', exitCode: 2, message: /^procmond: flag --user: "root" is root/ },
    { name: 'refuses several users', user: '1,2', exitCode: 2, message: /names several users; run becomes one/ },
    {
      name: 'says what is missing where there is no setpriv',
      by: () => ['unshare', '--mount', 'sh', '-c', 'mount --bind /dev/null "$(command -v setpriv)" && exec "$@"', 'sh'],
      exitCode: 1,
      message: /ERROR --user 64999 takes the program setpriv, which is in no folder of PATH: install util-linux/,
    },
    {
      name: 'refuses a setpriv that leaves it root, instead of trying for ever',
      // It would not go on for ever: the fifth call ends with 99.
      path: (t) =>
        script(
          t,
          'echo >> "$0.calls"; test $(wc -l < "$0.calls") -lt 5 || exit 99; while [ "$1" != -- ]; do shift; done; shift; exec "$@"',
        ),
      exitCode: 1,
      message:
        /ERROR --user 64999: \/\S+\/setpriv cannot start \S+ as uid 64999, gid 64999: it left the process with other rights/,
    },
    {
      name: 'refuses a setpriv that knows other options, with what that says',
      path: (t) => script(t, 'echo "setpriv: unrecognized option: reuid" >&2; exit 1'),
      exitCode: 1,
      message: /: setpriv: unrecognized option: reuid\. It has to be that of util-linux/,
    },
    {
      name: 'says so where root may not give rights away',
      by: () => asUser({ userId: 0, capabilities: ['dac_read_search'] }),
      exitCode: 1,
      message:
        /cannot start \S+ as uid 64999, gid 64999: setpriv: .*may lack CAP_SETUID, CAP_SETGID or CAP_SETPCAP here/,
    },
  ];
  for (const { name, user = String(STRANGER), by, path, exitCode, message } of refusals) {
    test(name, async (t) => {
      const directory = join(openDirectory(t), 'data');
      const result = await runProgram(
        [...(by?.(t) ?? []), ...commandLine([...ONCE, '--user', user, '--data-dir', directory])],
        path === undefined ? {} : { PATH: `${path(t)}:${process.env['PATH']}` },
      );
      assert.match(result.stderr, message);
      assert.equal(result.exitCode, exitCode);
      assert.throws(() => statSync(directory), { code: 'ENOENT' }, 'nothing was made');
    });
  }

  test('refuses the data directory of another user, and says how to hand it over', async (t) => {
    const directory = join(openDirectory(t), 'data');
    mkdirSync(directory, { mode: 0o700 });
    const { exitCode, stderr } = await runProgram(
      commandLine([...ONCE, '--user', String(STRANGER), '--data-dir', directory]),
    );
    assert.equal(exitCode, 1);
    assert.ok(
      stderr.includes(
        `will not keep process data in ${directory}: it belongs to uid 0, procmond runs as uid 64999; choose another one with --data-dir, or chown -R 64999 ${directory}`,
      ),
      stderr,
    );
    assert.equal(statSync(directory).uid, 0);
  });
});

test('doctor --user, started as root, looks as that user, at what run would meet', {
  skip: lackingStranger(),
}, async (t) => {
  const directory = join(openDirectory(t), 'data');
  const asked = [
    'doctor',
    '--user',
    String(STRANGER),
    '--endpoint',
    NO_ENDPOINT,
    '--metrics-port',
    '0',
    '--data-dir',
    directory,
  ];
  const { exitCode, stdout, stderr } = await runProgram(commandLine(asked));
  assert.equal(exitCode, 0, stdout + stderr);
  assert.match(stdout, /^ok +rights +uid 64999, with CAP_DAC_READ_SEARCH and CAP_SYS_PTRACE$/m);
  assert.match(stdout, /^ok +store +\S+ is not there yet; run makes it$/m);
  assert.throws(() => statSync(directory), { code: 'ENOENT' });
});

test('run as root without --user says once what it holds and how to hold less', async (t) => {
  if (process.geteuid?.() !== 0) return t.skip('it takes root');
  const dataDirectory = join(scratchDirectory(t), 'data');
  const procmond = RunningProcmond.start(t, { dataDirectory });
  await procmond.says(/first look/);
  assert.equal(await procmond.end('SIGTERM'), 0);
  const said = procmond.log.split('\n').filter((line) => line.includes('rights   '));
  assert.equal(said.length, 1, procmond.log);
  assert.match(said[0] ?? '', /rights {3}uid 0, with .*capabilities: run --user NAME drops all but those/);
});

function field(status: string, label: string): string | undefined {
  return new RegExp(`^${label}:\t(.*)$`, 'm').exec(status)?.[1];
}

/** Of root's, and others may enter it. */
function openDirectory(t: TestContext): string {
  const directory = scratchDirectory(t);
  chmodSync(directory, 0o755);
  return directory;
}

/** @returns a folder with a program in it that is called setpriv */
function script(t: TestContext, text: string): string {
  const directory = openDirectory(t);
  writeFileSync(join(directory, 'setpriv'), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  return directory;
}
