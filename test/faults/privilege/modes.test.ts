import assert from 'node:assert/strict';
import { once } from 'node:events';
import { lstatSync, readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { lacking } from '../../fake/lacking.ts';
import { commandLine, NO_ENDPOINT, runProgram } from '../../fake/run-procmond.ts';
import { RunningProcmond } from '../../fake/running-procmond.ts';
import { scratchDirectory } from '../../fake/scratch-store.ts';

const FILES = ['control.sock', 'data.mdb', 'lock.mdb', 'writer.lock', 'writer.pid'];

suite('the real program', { skip: lacking({ programs: ['sh'] }) }, () => {
  for (const umask of ['000', '022', '077', '777']) {
    test(`keeps all it makes from other users under the umask ${umask}`, async (t) => {
      const dataDirectory = join(scratchDirectory(t), 'data');
      const by = ['sh', '-c', 'umask "$1" && shift && exec "$@"', 'sh', umask];
      const procmond = RunningProcmond.start(t, { dataDirectory, by });
      await procmond.says(/first look/);
      assert.deepEqual(modesIn(dataDirectory), {
        '.': '700',
        ...Object.fromEntries(FILES.map((name) => [name, '600'])),
      });
      assert.equal(await procmond.end('SIGTERM'), 0);
      // What the end and another start make: the socket goes, the rest is found again.
      const { exitCode, stderr } = await runProgram([
        ...by,
        ...commandLine(['run', '--once', '--endpoint', NO_ENDPOINT, '--data-dir', dataDirectory]),
      ]);
      assert.equal(exitCode, 0, stderr);
      const { 'control.sock': socket, ...others } = modesIn(dataDirectory);
      assert.equal(socket, undefined);
      assert.ok(
        Object.entries(others).every(([name, mode]) => mode === (name === '.' ? '700' : '600')),
        JSON.stringify(others),
      );
    });
  }

  test('is reached for metrics from this host alone, unless it is asked for more, and then says so', async (t) => {
    const address = otherAddress();
    if (address === undefined) return t.skip('this host has no address but loopback');
    const start = (args: readonly string[]) =>
      RunningProcmond.start(t, { dataDirectory: join(scratchDirectory(t), 'data'), args });
    const usual = start([]);
    await usual.says(/first look/);
    assert.equal(await answers('127.0.0.1', portOf(usual)), true);
    assert.equal(await answers(address, portOf(usual)), false);
    assert.doesNotMatch(usual.log, /without a password/);
    const asked = start(['--metrics-host', '0.0.0.0']);
    await asked.says(/first look/);
    assert.equal(await answers(address, portOf(asked)), true);
    assert.match(
      asked.log,
      /WARN {2}metrics are on 0\.0\.0\.0, for everybody who reaches it, without a password: --metrics-host/,
    );
    for (const procmond of [usual, asked]) assert.equal(await procmond.end('SIGTERM'), 0);
  });
});

/** Octal, by name; `.` is the directory. */
function modesIn(directory: string): Record<string, string> {
  const mode = (name: string) => (lstatSync(join(directory, name)).mode & 0o777).toString(8);
  return Object.fromEntries(['.', ...readdirSync(directory)].map((name) => [name, mode(name)]));
}

/** IPv4, of this host, not loopback. */
function otherAddress(): string | undefined {
  const addresses = Object.values(networkInterfaces()).flatMap((one) => one ?? []);
  return addresses.find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
}

function portOf({ log }: RunningProcmond): number {
  return Number(/metrics {2}http:\/\/[\d.]+:(\d+)\/metrics/.exec(log)?.[1]);
}

async function answers(host: string, port: number): Promise<boolean> {
  const socket = connect(port, host);
  try {
    await once(socket, 'connect');
    return true;
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, 'ECONNREFUSED');
    return false;
  } finally {
    socket.destroy();
  }
}
