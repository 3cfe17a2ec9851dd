import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runSoak } from './run-soak.ts';
import { HELP, parseSoakOptions, type SoakOptions } from './soak-options.ts';
import { soakProblems } from './soak-problems.ts';
import { soakReport } from './soak-report.ts';
import { isWithinNoise, trendOf } from './trend.ts';

/** After 500 the heap of a run that was watched for 2,400 rose no more. */
const WARM_UP_CYCLES = 800;

/** `npm run soak`: judges losses, descriptors, handles and, other than the short one of CI, memory. */
async function main(options: SoakOptions): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'procmond-soak-'));
  const cleanUps: (() => unknown)[] = [() => rmSync(directory, { recursive: true, force: true })];
  console.log(`seed ${options.seed}, ${options.processesPerSecond} processes a second, ${options.minutes} minutes`);
  try {
    const result = await runSoak(
      { after: (work) => void (work && cleanUps.push(work as () => unknown)) },
      { ...options, directory, warmUpCycles: WARM_UP_CYCLES },
    );
    console.log(soakReport(result));
    const memory = trendOf(
      result.watched.map(({ atSeconds, anonymousBytes }) => ({ at: atSeconds, value: anonymousBytes })),
    );
    const problems = [...soakProblems(result), ...(isWithinNoise(memory) ? [] : ['RssAnon rises beyond its noise'])];
    for (const problem of problems) console.error(`FAILED: ${problem}`);
    if (problems.length > 0) process.exitCode = 1;
  } finally {
    for (const work of cleanUps.toReversed()) await work();
  }
}

const options = parseSoakOptions(process.argv.slice(2));
if (options === undefined) process.stdout.write(HELP);
else await main(options);
