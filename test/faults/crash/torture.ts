import { randomInt } from 'node:crypto';
import { test } from 'node:test';
import { parseArgs } from 'node:util';
import { type KillSummary, killAtRandom } from './random-kills.ts';

/**
 * `npm run torture -- --kills 10000 --seed 42`: the random kills of kill-nine.test.ts, as many as are asked for (10,000 by
 * default). Says how far it is, and what came of it; ends with 1 when anything was lost, sent again, or did not agree.
 */
const { values } = parseArgs({ options: { kills: { type: 'string' }, seed: { type: 'string' } } });
const kills = wholeNumber('kills', values.kills) ?? 10_000;
const seed = wholeNumber('seed', values.seed) ?? randomInt(2 ** 31);

const PROGRESS_EVERY = 100;
const startedAt = performance.now();

test(`${kills} kills of the seed ${seed} lose nothing`, async (t) => {
  console.log(`${kills} kills of the seed ${seed}`);
  const progress = (summary: KillSummary) => {
    if (summary.kills % PROGRESS_EVERY === 0) console.log(progressLine(summary));
  };
  const summary = await killAtRandom(t, { kills, seed, progress });
  console.log(progressLine(summary));
  console.log('last step passed before the kill:');
  for (const [step, count] of summary.byLastStep) console.log(`${String(count).padStart(7)}  ${step}`);
});

function progressLine({ kills: done, figures }: KillSummary): string {
  const { cycles, committed, delivered, duplicates, waiting, missing } = figures;
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  const megabytes = Math.round(process.memoryUsage.rss() / 1024 ** 2);
  return (
    `${done} kills in ${seconds} s: ${cycles} cycles, ${committed} records committed, ${delivered} delivered, ` +
    `${duplicates} again, ${waiting} wait, ${missing} missing; ${megabytes} MiB here`
  );
}

function wholeNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  throw new Error(`--${name} is ${JSON.stringify(text)}; it has to be a whole number`);
}
