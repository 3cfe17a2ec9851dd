import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, suite, test } from 'node:test';
import { bundle, DIST } from '../../../e2e/harness/bundle.ts';
import { scratchDirectory } from '../../../fake/scratch-store.ts';
import { whyNotListable } from './readers.ts';

/** The child's program is a file of its own: it has to be found from wherever the parent's code ended up. */
suite('the reader process is found', { skip: whyNotListable() }, () => {
  before(() => bundle());

  const SOURCE = join(import.meta.dirname, '../../../../src/main.ts');
  for (const [from, program] of [
    ['the source', SOURCE],
    ['the bundled program', join(DIST, 'main.js')],
  ] as const) {
    test(`from ${from}`, () => {
      const args = [program, 'ps', '--enumerator', 'portable', '--enhanced-metadata=false', '--format', 'json'];
      const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', maxBuffer: 64 * 1024 ** 2 });
      assert.equal(stderr, '');
      assert.ok((JSON.parse(stdout) as { pid: number }[]).some(({ pid }) => pid === process.pid));
    });
  }

  test('from the bundled library, in a program that ends when it is done', (t) => {
    const program = join(scratchDirectory(t), 'application.mjs');
    writeFileSync(
      program,
      `import { createRedactor, systemEnumerator } from '${join(DIST, 'index.js')}';
       const clock = { wallMillis: Date.now, monotonicMillis: () => performance.now(), delay: (millis, signal) =>
         new Promise((resolve) => { const timer = setTimeout(resolve, millis); signal?.addEventListener('abort', () => { clearTimeout(timer); resolve(); }); }) };
       const { signal } = new AbortController();
       const request = { redactor: createRedactor('redacted'), enhanced: true, maxEnriched: 0, signal };
       const { processes } = await systemEnumerator({ mode: 'portable', procRoot: '/proc', clock }).enumerate(request);
       console.log(processes.some(({ pid }) => pid === process.pid));`,
    );
    const { stdout, stderr, status } = spawnSync(process.execPath, [program], { encoding: 'utf8', timeout: 60_000 });
    assert.deepEqual([stdout, stderr, status], ['true\n', '', 0]);
  });
});
