/**
 * `npm run fuzz`: each target for five minutes, or as many as `--minutes` says. What is found is printed, escaped, and
 * kept in a file below `fuzz-findings/`, and the seed and number of it make it again.
 */
import { randomInt } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { escapeForDisplay } from '../../src/base/escape-for-display.ts';
import { type Finding, type FuzzResult, fuzz } from './fuzz.ts';
import { TARGETS } from './targets.ts';

const DEFAULT_MINUTES = '5';

const HELP = `npm run fuzz -- [OPTION...]
  --minutes N     how long each target is tried (${DEFAULT_MINUTES}); --seconds N is the same in seconds
  --seed N        what the inputs are made from; a new one each time, which is printed
  --target NAME   this one only: ${Object.keys(TARGETS).join(', ')}
  --input FILE    with --target: try this one input
`;

const FINDINGS = 'fuzz-findings';
const MOST_SHOWN = 2_000;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string' },
    seconds: { type: 'string' },
    seed: { type: 'string' },
    target: { type: 'string' },
    input: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) process.stdout.write(HELP);
else process.exitCode = await main();

async function main(): Promise<number> {
  const names = values.target === undefined ? Object.keys(TARGETS) : [values.target];
  const seed = values.seed === undefined ? randomInt(2 ** 31) : wholeNumber('seed', values.seed);
  const seconds =
    values.seconds === undefined
      ? 60 * wholeNumber('minutes', values.minutes ?? DEFAULT_MINUTES)
      : wholeNumber('seconds', values.seconds);
  let found = 0;
  for (const name of names) {
    const targetUrl = TARGETS[name];
    if (targetUrl === undefined) throw new Error(`there is no target ${name}, but ${Object.keys(TARGETS).join(', ')}`);
    const only = values.input === undefined ? {} : { only: readFileSync(values.input) };
    const result = await fuzz({ targetUrl, seed, millis: seconds * 1000, ...only });
    process.stdout.write(`${summary(result, seed)}\n`);
    if (result.finding === undefined) continue;
    found += 1;
    tell(result.finding, name, seed);
  }
  return found === 0 ? 0 : 1;
}

function summary({ target, inputs, seconds, slowestMillis, slowestIndex, finding }: FuzzResult, seed: number): string {
  const rate = Math.round(inputs / seconds);
  const slowest = `slowest ${slowestMillis.toFixed(1)} ms (number ${slowestIndex})`;
  const found = finding === undefined ? 'nothing found' : `FOUND number ${finding.index}`;
  return `${target}, seed ${seed}: ${inputs} inputs in ${seconds.toFixed(1)} s, ${rate}/s, ${slowest}, ${found}`;
}

function tell({ index, input, failure }: Finding, name: string, seed: number): void {
  mkdirSync(FINDINGS, { recursive: true });
  const file = join(FINDINGS, `${name}-${seed}-${index}`);
  writeFileSync(file, input);
  const shown = escapeForDisplay(Buffer.from(input).toString('latin1').slice(0, MOST_SHOWN));
  process.stdout.write(`  ${failure.split('\n').join('\n  ')}\n  ${input.length} bytes: ${shown}\n`);
  process.stdout.write(`  kept in ${file}; again: npm run fuzz -- --target ${name} --input ${file}\n`);
}

function wholeNumber(name: string, text: string): number {
  if (!/^\d{1,10}$/.test(text)) throw new Error(`--${name} is "${text}", not a whole number`);
  return Number(text);
}
