import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { test } from 'node:test';
import { escapeForDisplay } from '../../../src/base/escape-for-display.ts';
import { fuzz } from '../../fuzz/fuzz.ts';
import { TARGETS } from '../../fuzz/targets.ts';

/** Of each; `npm run fuzz` takes as long as it is told to. */
const MILLIS = 20_000 / Object.keys(TARGETS).length;

for (const [name, targetUrl] of Object.entries(TARGETS)) {
  test(`keeps what it promises for any input: ${name}`, async (t) => {
    const seed = randomInt(2 ** 31);
    const { inputs, finding } = await fuzz({ targetUrl, seed, millis: MILLIS });
    t.diagnostic(`seed ${seed}, ${inputs} inputs`);
    if (finding === undefined) return;
    const input = escapeForDisplay(Buffer.from(finding.input).toString('latin1').slice(0, 2_000));
    assert.fail(`seed ${seed}, number ${finding.index}: ${finding.failure}\n${input}`);
  });
}

const PLANTED: readonly (readonly [name: string, failure: RegExp, budgetMillis?: number])[] = [
  ['hangs', /more than 300 ms of CPU time/, 300],
  ['eats', /the process ended with .*heap out of memory/s],
  ['ends', /the process ended with 1: .*from nowhere/s],
];
for (const [name, failure, budgetMillis] of PLANTED) {
  test(`finds an input of a target that ${name}`, async () => {
    const targetUrl = import.meta.resolve(`../../fuzz/planted/${name}.ts`);
    const options = { targetUrl, seed: 7, millis: 60_000, ...(budgetMillis !== undefined && { budgetMillis }) };
    const { finding } = await fuzz(options);
    assert.match(finding?.failure ?? '', failure);
    assert.ok(finding?.input.includes(0x21));
  });
}
