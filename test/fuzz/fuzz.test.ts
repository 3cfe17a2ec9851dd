import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { fuzz } from './fuzz.ts';
import { inputAt } from './make-input.ts';
import { target as holds } from './planted/holds.ts';

test('finds an input that breaks what must hold, and finds it again by its seed and as it is', async () => {
  const options = { targetUrl: import.meta.resolve('./planted/breaks.ts'), seed: 7, millis: 60_000 };
  const { finding, inputs } = await fuzz(options);
  assert.match(finding?.failure ?? '', /it does not hold/);
  assert.ok(finding !== undefined && finding.input.includes(0x21));
  assert.equal(finding.index, inputs - 1);
  assert.deepEqual((await fuzz(options)).finding, finding);
  const again = await fuzz({ ...options, only: finding.input });
  assert.match(again.finding?.failure ?? '', /it does not hold/);
});

test('tries inputs for the time it is given, and finds nothing where there is nothing', async () => {
  const { finding, inputs, seconds } = await fuzz({
    targetUrl: import.meta.resolve('./planted/holds.ts'),
    seed: 7,
    millis: 100,
  });
  assert.equal(finding, undefined);
  assert.ok(inputs > 1 && seconds >= 0.1);
});

test('makes the same input of the same numbers, another of others, and none that is too long', () => {
  const inputs = Array.from({ length: 500 }, (_, index) => Buffer.from(inputAt(holds, 7, index)).toString('latin1'));
  assert.deepEqual(
    inputs,
    inputs.map((_, index) => Buffer.from(inputAt(holds, 7, index)).toString('latin1')),
  );
  assert.notEqual(Buffer.from(inputAt(holds, 8, 3)).toString('latin1'), inputs[3]);
  assert.ok(new Set(inputs).size > 200);
  assert.ok(inputs.every(({ length }) => length <= holds.maxInputBytes));
  assert.ok(inputs.includes('abc'));
});

test('takes five minutes for each target where it is not told how many', () => {
  const help = execFileSync(process.execPath, [join(import.meta.dirname, 'main.ts'), '--help'], { encoding: 'utf8' });
  assert.match(help, /--minutes N +how long each target is tried \(5\)/);
});
