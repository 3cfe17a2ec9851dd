import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { FAULT_POINTS } from '../../src/base/fault-point.ts';
import { runProgram } from '../e2e/components/run-program.ts';
import { bundleProgram } from '../fake/fault-point-program.ts';

const TRACES = [...FAULT_POINTS.map((point) => `"${point}"`), 'PROCMOND_FAULT', 'faultPoint', 'armFaultPoints'];

/** Which traces of fault points the JavaScript of a bundle holds. */
function tracesIn(directory: string): readonly string[] {
  const code = globSync('*.js', { cwd: directory }).map((file) => readFileSync(join(directory, file), 'utf8'));
  assert.ok(code.length > 4, 'there is a bundle to look into');
  return TRACES.filter((trace) => code.some((text) => text.includes(trace)));
}

test('keeps every fault point out of the published program and library', async (t) => {
  const [published, tested] = await Promise.all([
    bundleProgram(t, { faultPoints: false }),
    bundleProgram(t, { faultPoints: true }),
  ]);
  assert.deepEqual(tracesIn(published), []);
  assert.deepEqual(tracesIn(tested), TRACES, 'what is looked for is how a bundle would hold it');

  const env = { PATH: process.env['PATH'], PROCMOND_FAULT_POINT: 'start.locked' };
  const { code, stderr } = await runProgram(process.execPath, [join(published, 'main.js'), 'config'], { env });
  assert.equal(code, 2, stderr);
  assert.match(stderr, /PROCMOND_FAULT_POINT/);
});
