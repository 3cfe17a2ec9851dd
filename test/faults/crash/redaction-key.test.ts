import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHmac, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { SnapshotStore } from '../../../src/store/snapshot-store.ts';
import { OtlpEndpoint } from '../../fake/otlp-endpoint.ts';
import { runProcmond } from '../../fake/run-procmond.ts';
import { RunningProcmond } from '../../fake/running-procmond.ts';
import { scratchDirectory } from '../../fake/scratch-store.ts';

test('keeps the key of fingerprints in the store, and equal secrets comparable over a restart', async (t) => {
  const [password, customer] = [randomBytes(12).toString('hex'), `CUST-${randomBytes(4).toString('hex')}`];
  const watched = spawn(
    process.execPath,
    [
      '--eval',
      'process.stdout.write("up"); process.stdin.resume();',
      '--',
      `--password=${password}`,
      password,
      customer,
    ],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  t.after(() => watched.kill('SIGKILL'));
  await once(watched.stdout, 'data');

  const endpoint = await OtlpEndpoint.start(t);
  const dataDirectory = scratchDirectory(t);
  const configFile = join(scratchDirectory(t), 'procmond.yaml');
  writeFileSync(configFile, `redact-patterns: ['CUST-[0-9a-f]+', '--password=\\S+ (\\S+)']\n`, { mode: 0o600 });
  const env = { PROCMOND_CONFIG: configFile };
  const start = () => RunningProcmond.start(t, { dataDirectory, endpoint: endpoint.baseUrl, env });
  const told = () =>
    endpoint.taken
      .filter(({ attributes }) => attributes['process.pid'] === watched.pid)
      .map(({ attributes }) => attributes['process.command_args'] as readonly string[]);

  const first = start();
  await first.while(endpoint.until(() => told().length > 0));
  assert.equal(await first.end('SIGTERM'), 0, first.log);
  const before = told().length;
  const second = start();
  await second.while(endpoint.until(() => told().length > before));
  await second.end('SIGTERM');
  const print = (command: string) => runProcmond([command, '--data-dir', dataDirectory, '--config', configFile]);
  const printed = [await print('snapshot'), await print('config')].map(({ exitCode, stdout, stderr }) => {
    assert.equal(exitCode, 0, stderr);
    return stdout;
  });

  const store = await SnapshotStore.open({ directory: dataDirectory });
  const key = Buffer.from(store.redactionKey());
  await store.close();
  const mark = (secret: string) => `[redacted:${createHmac('sha256', key).update(secret).digest('hex').slice(0, 8)}]`;
  const expected = [`--password=${mark(password)}`, mark(password), mark(customer)];
  for (const args of told()) assert.deepEqual(args.slice(-3), expected);

  const wire = endpoint.requests.flatMap(({ records }) => records.map(({ content }) => content)).join('\n');
  const places = { wire, log: first.log + second.log, snapshot: printed[0] ?? '', config: printed[1] ?? '' };
  assert.ok(places.snapshot.includes(mark(password)));
  for (const [place, text] of Object.entries(places)) {
    for (const encoding of ['hex', 'base64', 'base64url', 'latin1'] as const)
      assert.ok(!text.includes(key.toString(encoding)), `the key is in the ${place}, as ${encoding}`);
  }
});
