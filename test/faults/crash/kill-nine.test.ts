import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { test } from 'node:test';
import { HUNG_MILLIS } from './crash-world.ts';
import { killAtRandom } from './random-kills.ts';

/** `npm run torture` does the same for as long as one likes. */
const KILLS = 40;

test('loses nothing that was committed, whenever it is killed and whatever the endpoint does', {
  timeout: HUNG_MILLIS,
}, async (t) => {
  const seed = Number(process.env['PROCMOND_TEST_SEED'] ?? randomInt(2 ** 31));
  const { figures, byLastStep } = await killAtRandom(t, { kills: KILLS, seed });
  assert.ok(figures.cycles >= KILLS / 4, `only ${figures.cycles} cycles were committed`);
  const steps = [...byLastStep.values()].filter((count) => count > 0).length;
  assert.ok(steps >= 8, `it was killed at ${steps} different steps only`);
});
