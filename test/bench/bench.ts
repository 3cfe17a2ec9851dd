import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type BenchOptions, HELP, parseBenchOptions } from './bench-options.ts';
import { measureCycleCost, medianProcesses } from './cycle-cost.ts';
import { measureDaemon } from './daemon-cost.ts';
import { ForkedPart } from './forked-part.ts';
import { IdleProcesses } from './idle-processes.ts';
import { type Machine, readMachine } from './machine.ts';
import { measureRecordBytes } from './record-bytes.ts';
import { referenceReaders } from './reference-reader.ts';
import { type Measurements, phaseTable, summaryRows } from './report.ts';
import type { SinkAnswer, SinkQuestion } from './sink-process.ts';
import { measureStart } from './start-cost.ts';
import { formatSummary, formatTable } from './table.ts';

const RESULTS = resolve(import.meta.dirname, '../../bench-results');

const REAL_CYCLES = 10;
const SKIPPING_CYCLES = 50;

/** For a run as it is by default, which takes half of it. */
const LIMIT_MINUTES = 4;

/** Everything that must be gone afterwards; emptied from the last to the first. */
const owned = new AsyncDisposableStack();
let interrupted = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void interrupt('interrupted', 130));

process.exitCode = await main();

/** What the cost of running procmond is on this machine. A bar that is missed is said, and is no failure. */
async function main(): Promise<number> {
  try {
    const options = parseBenchOptions(process.argv.slice(2));
    if (options === undefined) process.stdout.write(HELP);
    else await bench(options);
    return 0;
  } catch (error) {
    if (!interrupted) console.error(`bench: ${error instanceof Error ? error.message : String(error)}`);
    return interrupted ? 130 : 1;
  } finally {
    await owned.disposeAsync();
  }
}

async function bench(options: BenchOptions): Promise<void> {
  limitTime(options);
  const directory = scratchDirectory();
  const machine = readMachine();
  say(`${options.idleProcesses} idle processes`);
  const idle = owned.use(await IdleProcesses.start(options.idleProcesses, directory));
  const meanIdleBytes = idle.meanBytes();
  const measurements = await measure(options, directory);
  const rows = summaryRows(measurements);
  console.log(`\n${describeMachine(machine, options, meanIdleBytes)}\n`);
  console.log(
    `CPU milliseconds per cycle at ${medianProcesses(measurements.cycles)} processes, medians of ${options.rounds}\n`,
  );
  console.log(`${formatTable(phaseTable(measurements.cycles))}\n`);
  console.log(formatSummary(rows));
  for (const name of missingReferences(measurements))
    console.log(`not measured: ${name} (it takes a C compiler, and ps)`);
  const file = join(RESULTS, 'latest.json');
  const results = { finishedAt: new Date().toISOString(), options, machine, meanIdleBytes, rows, measurements };
  writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`);
  console.log(`\nall numbers: ${file}`);
}

async function measure(options: BenchOptions, directory: string): Promise<Measurements> {
  const sink = owned.use(await ForkedPart.start<SinkQuestion, SinkAnswer>('sink-process.ts'));
  const { url } = await sink.ask({ ask: 'url' });
  say('start to first cycle');
  const start = await measureStart({ directory, url });
  say(`${options.rounds} cycles of each kind, references in between`);
  const cycles = await measureCycleCost({
    rounds: options.rounds,
    url,
    directory,
    references: referenceReaders(directory),
    fork: { nodeOptions: profilerOptions(options) },
  });
  say('bytes per record');
  const bytes = await measureRecordBytes({ directory });
  say(`the program, ${SKIPPING_CYCLES} cycles one after the other`);
  const dataDirectory = (name: string) => join(directory, name);
  const skipping = { cycles: SKIPPING_CYCLES, skipIdleTime: true, dataDirectory: dataDirectory('daemon-fast'), url };
  const daemonFast = await measureDaemon(skipping);
  say(`the program, ${REAL_CYCLES} cycles, one in 5 s`);
  const real = { cycles: REAL_CYCLES, skipIdleTime: false, dataDirectory: dataDirectory('daemon'), url };
  const daemon = await measureDaemon(real);
  return { start, cycles, bytes, daemonFast, daemon };
}

/** Beside the results, in the checkout: the folder for temporary files often lies in memory, where a commit costs nothing. */
function scratchDirectory(): string {
  mkdirSync(RESULTS, { recursive: true });
  const directory = mkdtempSync(join(RESULTS, 'scratch-'));
  owned.defer(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

function profilerOptions({ profileDirectory }: BenchOptions): readonly string[] {
  return profileDirectory === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${resolve(profileDirectory)}`];
}

function missingReferences({ cycles }: Measurements): readonly string[] {
  const references = { 'full read in C': cycles.fullReader, ps: cycles.ps };
  return Object.entries(references).flatMap(([name, runs]) => (runs === undefined ? [name] : []));
}

function describeMachine(machine: Machine, options: BenchOptions, meanIdleBytes: number | undefined): string {
  const each = meanIdleBytes === undefined ? '' : `, ${Math.round(meanIdleBytes / 1024)} kB each`;
  return [
    `${machine.cores} cores (${machine.cpuModel}), ${machine.kernel}, Node.js ${machine.nodeVersion},`,
    `load ${machine.load.toFixed(2)} before; ${options.idleProcesses} idle processes started${each}`,
  ].join(' ');
}

/** Something that never answers must not keep a thousand processes running. */
function limitTime({ idleProcesses, rounds }: BenchOptions): void {
  const minutes = LIMIT_MINUTES * Math.max(1, (idleProcesses / 1000) * (rounds / 30));
  setTimeout(() => void interrupt(`not finished after ${minutes} minutes`, 1), minutes * 60_000).unref();
}

async function interrupt(why: string, exitCode: number): Promise<void> {
  interrupted = true;
  console.error(`bench: ${why}, ending what was started`);
  await owned.disposeAsync();
  process.exit(exitCode);
}

function say(what: string): void {
  console.error(`bench: ${what} ...`);
}
