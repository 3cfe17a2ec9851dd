import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { before, suite, test } from 'node:test';
import { bundle, DIST } from '../e2e/harness/bundle.ts';
import { OtlpEndpoint } from '../fake/otlp-endpoint.ts';
import { scratchDirectory } from '../fake/scratch-store.ts';

const SOURCE = join(import.meta.dirname, '../../src');

/** Runs a program to its end. */
async function run(args: readonly string[]): Promise<{ stdout: string; stderr: string; code: number | null }> {
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'] },
  });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { stdout, stderr, code: child.exitCode };
}

/** The program of a thread is a file of its own: it has to be found from wherever the rest of the code ended up. */
suite('the thread that hashes is found', () => {
  before(() => bundle());

  const sha256 = createHash('sha256').update(readFileSync(process.execPath)).digest('hex');

  for (const [from, program] of [
    ['the source', join(SOURCE, 'main.ts')],
    ['the bundled program', join(DIST, 'main.js')],
  ] as const) {
    test(`from ${from}`, async (t) => {
      const endpoint = await OtlpEndpoint.start(t);
      const args = ['run', '--once', '--compute-hashes', '--hash-bytes-per-second', '0', '--endpoint', endpoint.url];
      const { code, stderr } = await run([program, ...args, '--data-dir', scratchDirectory(t)]);
      assert.equal(code, 0, stderr);
      const own = endpoint.taken.filter(
        ({ attributes }) =>
          attributes['process.pid'] === process.pid && attributes['procmond.topic'] === 'collector/process/events',
      );
      assert.deepEqual(
        own.map(({ attributes }) => attributes['procmond.executable.hash.sha256']),
        [sha256],
      );
    });
  }

  for (const [from, library] of [
    ['the source of the library', join(SOURCE, 'index.ts')],
    ['the bundled library', join(DIST, 'index.js')],
  ] as const) {
    test(`from ${from}, in a program that ends when it is done`, async (t) => {
      const program = join(scratchDirectory(t), 'application.mjs');
      writeFileSync(
        program,
        `import { open } from 'node:fs/promises';
         import { HashEngine } from '${library}';
         const engine = new HashEngine({ bytesPerSecond: 0 });
         const outcome = await engine.hash({ open: () => open(process.execPath) });
         console.log(outcome.sha256);`,
      );
      assert.deepEqual(await run([program]), { stdout: `${sha256}\n`, stderr: '', code: 0 });
    });
  }
});
