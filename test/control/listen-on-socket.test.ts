import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { silentLogger } from '../../src/base/logger.ts';
import { startControlServer } from '../../src/control/server.ts';
import { CapturedLogger } from '../fake/captured-logger.ts';
import { CYCLE } from '../fake/committed-cycle.ts';
import { asStranger, lackingStranger } from '../fake/other-user.ts';
import { runProgram } from '../fake/run-procmond.ts';
import { scratchDirectory } from '../fake/scratch-store.ts';
import { ask, startServer } from './control-socket.ts';
import { ScriptedAgent } from './scripted-agent.ts';

for (const umask of [0o000, 0o022, 0o777]) {
  test(`makes a socket for this user alone under the umask ${umask.toString(8)}, and leaves that as it was`, async (t) => {
    const path = join(scratchDirectory(t), 'control.sock');
    const before = process.umask(umask);
    t.after(() => process.umask(before));
    await startServer(t, { path });
    assert.equal(process.umask(), umask);
    assert.deepEqual([lstatSync(path).isSocket(), lstatSync(path).mode & 0o777], [true, 0o600]);
  });
}

test('removes its socket when it is closed', async (t) => {
  const { server } = await startServer(t);
  await server.close();
  await server.close();
  assert.equal(existsSync(server.path), false);
});

test('listens anew where its socket was removed, for this user alone, says it once, and ends no answer for it', async (t) => {
  const logger = new CapturedLogger();
  const { server, agent, path } = await startServer(t, { logger });
  await server.keepInPlace();
  assert.deepEqual(logger.lines, []);
  const underWay = ask(path, 'POST', '/v1/cycle');
  while (agent.cycles.length === 0) await delay(1);

  for (let time = 1; time <= 2; time++) {
    rmSync(path);
    await Promise.all([server.keepInPlace(), server.keepInPlace()]);
    await server.keepInPlace();
    assert.equal((await ask(path, 'GET', '/v1/health')).status, 200);
    assert.equal(lstatSync(path).mode & 0o777, 0o600);
    assert.deepEqual(
      logger.messages('warn'),
      Array(time).fill(`the control socket ${path} was removed: procmond listens there anew`),
    );
  }
  agent.cycles[0]?.resolve(CYCLE);
  assert.equal((await underWay).status, 200);
  await server.close();
  assert.equal(existsSync(path), false);
});

test('listens anew as soon as that can be, when its directory was away, and says once what it waits for', async (t) => {
  const logger = new CapturedLogger();
  const directory = join(scratchDirectory(t), 'run');
  mkdirSync(directory);
  const path = join(directory, 'control.sock');
  const { server } = await startServer(t, { logger, path });
  renameSync(directory, `${directory}.away`);
  for (let time = 0; time < 3; time++) await server.keepInPlace();
  assert.equal(logger.lines.length, 1);
  assert.match(logger.messages('warn')[0] ?? '', /is tried anew after each cycle: .*there is no such directory/);
  // With the old socket in it, which nobody answers on any more.
  renameSync(`${directory}.away`, directory);
  await server.keepInPlace();
  assert.equal((await ask(path, 'GET', '/v1/health')).status, 200);
  assert.equal(logger.lines.length, 2);

  rmSync(directory, { recursive: true });
  await server.keepInPlace();
  await server.close();
});

test('leaves another socket alone that has taken the place of its own, and takes it when that has gone', async (t) => {
  const logger = new CapturedLogger();
  const { server, path } = await startServer(t, { logger });
  // Kept elsewhere, so that no other file gets its number.
  renameSync(path, `${path}.old`);
  const other = createServer((socket) => socket.end());
  other.listen(path);
  await once(other, 'listening');
  t.after(() => other.close());
  const { ino } = lstatSync(path);
  for (let time = 0; time < 3; time++) await server.keepInPlace();
  assert.equal(lstatSync(path).ino, ino);
  assert.equal(logger.lines.length, 1);
  assert.match(logger.messages('warn')[0] ?? '', /another program answers there/);
  other.close();
  await server.keepInPlace();
  assert.equal((await ask(path, 'GET', '/v1/health')).status, 200);
});

test('takes the place of a socket that a killed process left', async (t) => {
  const path = join(scratchDirectory(t), 'control.sock');
  await leaveSocketBehind(path);
  assert.ok(lstatSync(path).isSocket());
  await startServer(t, { path });
  assert.equal((await ask(path, 'GET', '/v1/health')).status, 200);
});

test('refuses the place of one that answers, and does not disturb it', async (t) => {
  const { path } = await startServer(t);
  await assert.rejects(startServer(t, { path }), {
    code: 'CONTROL_SOCKET_FAILED',
    message: new RegExp(
      `^cannot listen on the control socket ${path}: another program answers there.*--control-socket none`,
    ),
  });
  assert.equal((await ask(path, 'GET', '/v1/health')).status, 200);
});

test('refuses the place of one that takes connections and answers nothing', async (t) => {
  const path = join(scratchDirectory(t), 'control.sock');
  const mute = createServer(() => {});
  mute.listen(path);
  await once(mute, 'listening');
  t.after(() => mute.close());
  await assert.rejects(startServer(t, { path }), { message: /another program answers there/ });
});

const PLACES: readonly (readonly [what: string, prepare: (path: string) => void, message: RegExp])[] = [
  ['a file', (path) => writeFileSync(path, 'precious'), /something that is no socket; move it away/],
  ['a directory', (path) => mkdirSync(path), /something that is no socket/],
  ['a link that leads nowhere', (path) => symlinkSync('/nonexistent/x', path), /something that is no socket/],
];
for (const [what, prepare, message] of PLACES) {
  test(`refuses the place of ${what}, and leaves it there`, async (t) => {
    const path = join(scratchDirectory(t), 'control.sock');
    prepare(path);
    const before = lstatSync(path);
    await assert.rejects(startServer(t, { path }), { code: 'CONTROL_SOCKET_FAILED', message });
    assert.deepEqual([lstatSync(path).ino, lstatSync(path).size], [before.ino, before.size]);
  });
}

test('says what to do about a directory that is not there, and a path that is too long', async (t) => {
  const directory = scratchDirectory(t);
  await assert.rejects(startServer(t, { path: join(directory, 'no', 'c.sock') }), {
    message: /there is no such directory; make it, or choose another place with --control-socket/,
  });
  await assert.rejects(startServer(t, { path: join(directory, 'x'.repeat(107)) }), {
    message: /the path of a Unix socket has room for 107; choose a shorter one with --control-socket/,
  });
});

test('lets no other user in, nor take its place', { skip: lackingStranger() }, async (t) => {
  const directory = openDirectory(t);
  const agent = new ScriptedAgent();
  const path = join(directory, 'control.sock');
  const server = await startControlServer({ path, agent, logger: silentLogger });
  t.after(() => server.close());
  const script = `
    const socket = require('node:net').connect(${JSON.stringify(path)});
    socket.on('error', (error) => console.log(error.code)).on('connect', () => { console.log('connected'); socket.end(); });
  `;
  const said = async (by: readonly string[], text: string) =>
    (await runProgram([...by, process.execPath, '-e', text])).stdout.trim();
  assert.equal(await said(asStranger(), script), 'EACCES');
  assert.equal(await said([], script), 'connected');

  const locked = scratchDirectory(t);
  const bind = (at: string) => `
    require('node:net').createServer().on('error', (error) => console.log(error.code)).listen(${JSON.stringify(at)});
  `;
  assert.equal(await said(asStranger(), bind(join(locked, 'x.sock'))), 'EACCES');
});

/** A directory of root's that anybody may enter. */
function openDirectory(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'procmond-open-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  chmodSync(directory, 0o755);
  return directory;
}

/** A process listens there and is killed: its socket file stays. */
async function leaveSocketBehind(path: string): Promise<void> {
  const script = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => console.log('there'))`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'close');
}
