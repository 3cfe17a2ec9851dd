import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { waitUntil } from '../fake/wait-until.ts';
import { textOf } from './harness/read-otlp-file.ts';
import { observedIn, receivedCycles } from './harness/received-cycles.ts';
import { scratchDirectory } from './harness/scratch-directory.ts';
import { startScript } from './harness/start-observed.ts';
import { startPipeline } from './harness/start-pipeline.ts';
import { startProcmond } from './harness/start-procmond.ts';

test('keeps the secrets of a command line off the disk, the wire and the log', async (t) => {
  const directory = await scratchDirectory(t);
  const pipeline = await startPipeline(t, directory);
  const secret = { password: random(), token: random(), userPassword: random(), bearer: random() };
  const harmless = `harmless-${random()}`;
  const holder = startScript(t, 'setInterval(() => {}, 60_000)', [
    `--password=${secret.password}`,
    `https://e2e:${secret.userPassword}@example.com/hook?access_token=${secret.token}`,
    '--header',
    `Authorization: Bearer ${secret.bearer}`,
    `--name=${harmless}`,
  ]);
  const procmond = await startProcmond(t, {
    dataDirectory: join(directory, 'procmond'),
    endpoint: pipeline.collector.endpoint,
    args: ['--log-level=debug'],
  });

  const { attributes, body } = await waitUntil('the process is in the backend', async () =>
    receivedCycles(await pipeline.received())
      .flatMap(observedIn)
      .find((record) => record.attributes['process.pid'] === holder.pid),
  );
  const metrics = await procmond.scrape();
  assert.equal(await procmond.program.stop(), 0);
  await pipeline.programs.collector.stop();

  const args = attributes['process.command_args'];
  assert.ok(Array.isArray(args));
  assert.equal(args.length, holder.commandLine.length);
  assert.equal(args.at(-1), `--name=${harmless}`);
  assert.match(textOf(args.at(-5)), /^--password=/);
  assert.match(textOf(args.at(-4)), /^https:\/\/.*example\.com\/hook/);

  const texts = new Map([
    ['the log', procmond.program.output()],
    ['/metrics', metrics],
    ['the body', textOf(body)],
    ["the OTel Collector's log", pipeline.programs.collector.output() + pipeline.programs.backend.output()],
    ...(await filesBelow(directory)),
  ]);
  assert.ok([...texts].some(([where, text]) => where.endsWith('inventory.jsonl') && text.includes(harmless)));
  for (const [where, text] of texts) {
    for (const [what, value] of Object.entries(secret)) assert.ok(!text.includes(value), `${what} is in ${where}`);
  }
});

/** As long as a real one, and not to be found anywhere by chance. */
function random(): string {
  return randomBytes(12).toString('hex');
}

/** What is in the files, one character a byte. */
async function filesBelow(directory: string): Promise<readonly [string, string][]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Promise.all(paths.map(async (path): Promise<[string, string]> => [path, await readFile(path, 'latin1')]));
}
