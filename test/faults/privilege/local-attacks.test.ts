import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, lstatSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, type TestContext, test } from 'node:test';
import { asStranger, lackingStranger } from '../../fake/other-user.ts';
import { Program } from '../../fake/program.ts';
import { commandLine, NO_ENDPOINT, runProgram } from '../../fake/run-procmond.ts';
import { RunningProcmond } from '../../fake/running-procmond.ts';
import { scratchDirectory } from '../../fake/scratch-store.ts';

/** Where an account without rights may make files: as /tmp, and as a folder somebody left open. */
interface Scene {
  /** Mode 1777. */
  readonly shared: string;
  /** Mode 777. */
  readonly open: string;
  /** Root's, with one file that all may read. */
  readonly victim: string;
}

interface Attack {
  readonly name: string;
  /** What the other account does, in a shell. */
  readonly script: (scene: Scene) => string;
  /** What root does after it, and where procmond is sent then. */
  readonly dataDirectory: (scene: Scene) => string;
  readonly message: RegExp;
}

/** As somebody hurried might: the advice was chmod. */
function closed(directory: string): string {
  chmodSync(directory, 0o700);
  return directory;
}

const ATTACKS: readonly Attack[] = [
  {
    name: 'a link to a directory of root in place of the data directory',
    script: ({ shared, victim }) => `ln -s '${victim}' '${shared}/data'`,
    dataDirectory: ({ shared }) => join(shared, 'data'),
    message: /uid 64999 made the symbolic link \S+\/shared\/data; remove it, or choose another one/,
  },
  {
    name: 'a link to nothing in place of the data directory',
    script: ({ shared, victim }) => `ln -s '${victim}/new' '${shared}/data'`,
    dataDirectory: ({ shared }) => join(shared, 'data'),
    message: /uid 64999 made the symbolic link/,
  },
  {
    name: 'a link in place of a folder above the data directory',
    script: ({ shared, victim }) => `ln -s '${victim}' '${shared}/above'`,
    dataDirectory: ({ shared }) => join(shared, 'above', 'data'),
    message: /uid 64999 made the symbolic link \S+\/shared\/above/,
  },
  {
    name: 'a data directory of its own in place of the one to be made',
    script: ({ shared }) => `mkdir -m 777 '${shared}/data'`,
    dataDirectory: ({ shared }) => join(shared, 'data'),
    message: /it belongs to uid 64999, procmond runs as uid 0/,
  },
  {
    name: 'a folder above the data directory where everybody may exchange it',
    script: () => 'true',
    dataDirectory: ({ open }) => join(open, 'data'),
    message: /everybody may exchange what is in \S+\/open; chmod \+t /,
  },
  {
    name: 'data.mdb as a link to a file of root',
    script: ({ open, victim }) => `ln -s '${victim}/precious' '${open}/data.mdb'`,
    dataDirectory: ({ open }) => closed(open),
    message: /\/open\/data\.mdb is no regular file; look who put it there/,
  },
  {
    name: 'data.mdb as a file of its own, which it could go on reading',
    script: ({ open }) => `: > '${open}/data.mdb'; chmod 666 '${open}/data.mdb'`,
    dataDirectory: ({ open }) => closed(open),
    message: /\/open\/data\.mdb belongs to uid 64999/,
  },
  {
    name: 'lock.mdb as a link to a file of root',
    script: ({ open, victim }) => `ln -s '${victim}/precious' '${open}/lock.mdb'`,
    dataDirectory: ({ open }) => closed(open),
    message: /\/open\/lock\.mdb is no regular file/,
  },
  {
    name: 'writer.pid as a link to a file of root',
    script: ({ open, victim }) => `ln -s '${victim}/precious' '${open}/writer.pid'`,
    dataDirectory: ({ open }) => closed(open),
    message: /\/open\/writer\.pid is no regular file/,
  },
  {
    name: 'writer.lock as a pipe that nobody writes to',
    script: ({ open }) => `mkfifo '${open}/writer.lock'`,
    dataDirectory: ({ open }) => closed(open),
    message: /\/open\/writer\.lock is no regular file/,
  },
];

suite('an account without rights gets nothing by', { skip: lackingStranger(['mkfifo', 'ln']) }, () => {
  for (const { name, script, dataDirectory, message } of ATTACKS) {
    test(name, async (t) => {
      const scene = sceneOf(t);
      const [program, ...args] = [...asStranger(), 'sh', '-c', script(scene)];
      assert.equal(spawnSync(program, args).status, 0);
      const directory = dataDirectory(scene);
      const before = statOf(scene.victim);
      const asked = ['run', '--once', '--endpoint', NO_ENDPOINT, '--data-dir', directory];
      const { exitCode, stderr } = await runProgram(commandLine(asked));
      assert.match(stderr, message);
      assert.match(stderr, /ERROR will not keep process data in /);
      assert.equal(exitCode, 1);
      assert.deepEqual(statOf(scene.victim), before, 'nothing of root has changed');
    });
  }

  test('the name of a file of root at the place of data.mdb, where the kernel lets it make that', async (t) => {
    const { open, victim } = sceneOf(t);
    // What fs.protected_hardlinks=0 would let the other account do.
    assert.equal(spawnSync('ln', [join(victim, 'precious'), join(open, 'data.mdb')]).status, 0);
    const asked = ['run', '--once', '--endpoint', NO_ENDPOINT, '--data-dir', closed(open)];
    const { exitCode, stderr } = await runProgram(commandLine(asked));
    assert.match(stderr, /data\.mdb has 2 names, and may be somebody else's file/);
    assert.equal(exitCode, 1);
    assert.equal(readFileSync(join(victim, 'precious'), 'utf8'), 'precious');
  });

  const PLACES: readonly (readonly [name: string, script: (path: string) => string, message: RegExp])[] = [
    ['a file', (path) => `: > '${path}'`, /there is something that is no socket/],
    ['a link to a file of root', (path) => `ln -s /etc/passwd '${path}'`, /there is something that is no socket/],
    ['a link to nothing', (path) => `ln -s /etc/nothing '${path}'`, /there is something that is no socket/],
  ];
  for (const [name, script, message] of PLACES) {
    test(`${name} at the place of the control socket`, async (t) => {
      const { shared } = sceneOf(t);
      const socket = join(shared, 'control.sock');
      const [program, ...args] = [...asStranger(), 'sh', '-c', script(socket)];
      assert.equal(spawnSync(program, args).status, 0);
      const found = lstatSync(socket);
      await refusesSocket(t, socket, message);
      assert.deepEqual([lstatSync(socket).ino, lstatSync(socket).mode], [found.ino, found.mode]);
    });
  }

  test('a socket of its own at the place of the control socket', async (t) => {
    const { shared } = sceneOf(t);
    const socket = join(shared, 'control.sock');
    const listen = `require('node:net').createServer(() => {}).listen(${JSON.stringify(socket)}, () => console.log('ready'))`;
    const [program, ...args] = [...asStranger(), process.execPath, '-e', listen];
    await new Program(t, program, args).says('ready');
    await refusesSocket(t, socket, /another program answers there/);
  });

  test('connecting to the control socket, entering the data directory, or reading a file in it', async (t) => {
    const { shared } = sceneOf(t);
    const dataDirectory = join(shared, 'data');
    const socket = join(shared, 'control.sock');
    const args = ['--control-socket', socket];
    const procmond = RunningProcmond.start(t, { dataDirectory, args });
    await procmond.says(/first look/);
    for (const path of [socket, join(dataDirectory, 'control.sock')]) {
      const asked = commandLine(['status', '--control-socket', path]);
      const { exitCode, stderr } = await runProgram([...asStranger(), ...asked]);
      assert.equal(exitCode, 1);
      assert.match(stderr, /this user may not use it; ask as root, or as the user procmond runs as/);
    }
    const { exitCode } = await runProgram(commandLine(['status', '--control-socket', socket]));
    assert.equal(exitCode, 0, 'root may');
    for (const file of ['.', 'data.mdb', 'lock.mdb', 'writer.lock', 'writer.pid']) {
      const { stderr } = await runProgram([...asStranger(), 'cat', join(dataDirectory, file)]);
      assert.match(stderr, /Permission denied/, file);
    }
    assert.equal(await procmond.end('SIGTERM'), 0);
  });
});

function sceneOf(t: TestContext): Scene {
  const directory = scratchDirectory(t);
  chmodSync(directory, 0o755);
  const make = (name: string, mode: number) => {
    const path = join(directory, name);
    mkdirSync(path);
    chmodSync(path, mode);
    return path;
  };
  const victim = make('victim', 0o755);
  writeFileSync(join(victim, 'precious'), 'precious', { mode: 0o644 });
  return { shared: make('shared', 0o1777), open: make('open', 0o777), victim };
}

/** What an attack would change of root's: modes, times and content. */
function statOf(victim: string) {
  const file = join(victim, 'precious');
  return [victim, file].map((path) => [statSync(path).mode, statSync(path).mtimeMs, readFileSync(file, 'utf8')]);
}

async function refusesSocket(t: TestContext, socket: string, message: RegExp): Promise<void> {
  const dataDirectory = join(scratchDirectory(t), 'data');
  const asked = ['run', '--endpoint', NO_ENDPOINT, '--metrics-port', '0', '--data-dir', dataDirectory];
  const { exitCode, stderr } = await runProgram(commandLine([...asked, '--control-socket', socket]));
  assert.match(stderr, message);
  assert.equal(exitCode, 1);
}
