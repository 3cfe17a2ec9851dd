import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { findProgram } from './components/find-program.ts';
import { runProgram } from './components/run-program.ts';
import { scratchDirectory } from './harness/scratch-directory.ts';
import type { ReuseReport } from './programs/reuse-pids.ts';

const PROGRAM = join(import.meta.dirname, 'programs', 'reuse-pids.ts');
const IN_NAMESPACE = ['--pid', '--fork', '--mount-proc', '--kill-child'];

test('a pid that is used again is another process, 2,000 times, unless both began within one clock tick', async (t) => {
  if (process.geteuid?.() !== 0) return t.skip('a pid namespace takes root');
  const unshare = findProgram('unshare', process.env);
  if (unshare === undefined) return t.skip('there is no unshare on PATH, a part of util-linux');
  const directory = await scratchDirectory(t);
  const args = [...IN_NAMESPACE, process.execPath, PROGRAM, directory];
  const { code, stdout, stderr } = await runProgram(unshare, args, { env: process.env });
  assert.equal(code, 0, stderr);
  const { impossible, reuses, wrong, sameTick, differentTicks } = JSON.parse(stdout) as ReuseReport;
  if (impossible !== undefined) return t.skip(impossible);

  await t.test('what had the pid before has stopped, what has it now has started, and nothing has changed', () => {
    assert.deepEqual(wrong, []);
    assert.ok(reuses >= 2_000, `${reuses} pids were used again`);
  });

  await t.test('within one tick /proc cannot tell them apart: then they are one process that has changed', (inner) => {
    inner.diagnostic(`${sameTick} pairs of lives began within one tick, ${differentTicks} in different ones`);
    assert.ok(sameTick > 0, 'not one pair was quick enough');
  });
});
