import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openLayout } from '../../../src/store/layout.ts';
import { decodeChunk } from '../../../src/store/outbox/chunk.ts';
import { ACCEPT, OtlpEndpoint, status } from '../../fake/otlp-endpoint.ts';
import { RunningProcmond } from '../../fake/running-procmond.ts';
import { scratchDirectory } from '../../fake/scratch-store.ts';

test('keeps secrets of command lines, and its own, out of the store, the log and the wire', async (t) => {
  const [password, token, passphrase, bearer] = Array.from({ length: 4 }, () => randomBytes(12).toString('hex')) as [
    string,
    string,
    string,
    string,
  ];
  const secrets = [password, token, passphrase, bearer];
  const marker = `marker-${randomBytes(6).toString('hex')}`;
  const watched = spawn(
    process.execPath,
    [
      '--eval',
      'process.stdout.write("up"); process.stdin.resume();',
      '--',
      marker,
      `--password=${password}`,
      `https://example.com/hook?token=${token}`,
      `https://bob:${passphrase}@example.com/`,
    ],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  t.after(() => watched.kill('SIGKILL'));
  await once(watched.stdout, 'data');

  const endpoint = await OtlpEndpoint.start(t);
  const dataDirectory = scratchDirectory(t);
  const env = { OTEL_EXPORTER_OTLP_HEADERS: `authorization=Bearer%20${bearer}` };
  const start = () => RunningProcmond.start(t, { dataDirectory, endpoint: endpoint.baseUrl, env });
  const isWatched = ({ attributes }: { attributes: Readonly<Record<string, unknown>> }) =>
    attributes['process.pid'] === watched.pid;

  // Refused at first, so that it lies in the outbox; then stopped, and killed, and delivered.
  endpoint.otherwise = () => (request) => (request.records.some(isWatched) ? status(401, 'who are you') : ACCEPT);
  const first = start();
  await first.while(endpoint.until(() => endpoint.requests.some(({ records }) => records.some(isWatched))));
  assert.equal(await first.end('SIGTERM'), 0, first.log);
  const stored = await everythingIn(dataDirectory);
  endpoint.otherwise = () => ACCEPT;
  const second = start();
  await second.while(endpoint.until(() => endpoint.taken.some(isWatched)));
  await second.end('SIGKILL');

  const wire = endpoint.requests
    .map(({ path, records }) => path + records.map(({ content }) => content).join(''))
    .join('\n');
  const places = { store: stored + (await everythingIn(dataDirectory)), log: first.log + second.log, wire };
  assert.equal(endpoint.requests[0]?.headers['authorization'], `Bearer ${bearer}`, 'the bearer was in use');
  for (const [place, text] of Object.entries(places)) {
    for (const secret of secrets) assert.ok(!text.includes(secret), `a secret is in the ${place}`);
  }
  assert.ok(stored.includes(marker) && wire.includes(marker), 'what is no secret was kept and told');
});

/** The bytes of all files, free pages of the database among them, and the rows of its compressed chunks. */
async function everythingIn(directory: string): Promise<string> {
  const files = readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => readFileSync(join(directory, name), 'latin1'));
  const { root, outboxChunks } = openLayout(directory, { readOnly: true });
  const rows = [...outboxChunks.getKeys()].flatMap((key) =>
    decodeChunk(outboxChunks.getBinary(key) ?? Buffer.alloc(0)),
  );
  await root.close();
  return [...files, ...rows].join('\n');
}
