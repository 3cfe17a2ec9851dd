/**
 * What running procmond costs on this machine. The parts:
 *
 *   bars.ts       what procmond is held to: every limit of the report, in one table
 *   measure/      one file per question: a cycle, a first inventory, the event loop, a start, a record; `host-cost.ts`
 *                 asks them all beside one number of idle processes
 *   procmond/     procmond in forms that can be measured: the built program, its source driven cycle by cycle with all
 *                 that is around it in the daemon, the source alone; and the endpoint it delivers to
 *   references/   what it is compared with, run in turns with it
 *   host/         processes: idle ones, forked parts of the benchmark, what the kernel tells of them
 *   report/       measurements to rows, rows to tables, to JSON and to README.md
 *
 * To add a measurement: a file in measure/, its row in report/summary.ts and, where there is a limit, a line in bars.ts.
 * Nothing is measured in this process: each thing has one of its own, so that its CPU time and memory are nobody else's.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type BenchOptions, HELP, parseBenchOptions } from './bench-options.ts';
import { type Machine, readMachine } from './host/machine.ts';
import { medianProcesses } from './measure/cycle-cost.ts';
import { type HostCost, measureHost } from './measure/host-cost.ts';
import { writeReadme } from './report/readme.ts';
import { toJson } from './report/row.ts';
import { growthRows, hostRows, phaseTable } from './report/summary.ts';
import { formatRows, formatTable, formatVerdict } from './report/table.ts';

const RESULTS = resolve(import.meta.dirname, '../../bench-results');
const RESULTS_FILE = join(RESULTS, 'latest.json');
const PEERS = join(RESULTS, 'peers');

/** Twice what it takes: for one host, for each thousand of processes, and for a large outbox. */
const LIMIT_MINUTES = { host: 6, thousand: 1.5, large: 20 };

/** Everything that must be gone afterwards; emptied from the last to the first. */
const owned = new AsyncDisposableStack();
let interrupted = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void interrupt('interrupted', 130));

process.exitCode = await main();

/** A bar that is missed is said, and is no failure. */
async function main(): Promise<number> {
  try {
    const argv = process.argv.slice(2);
    const options = parseBenchOptions(argv);
    if (options === undefined) process.stdout.write(HELP);
    else await bench(options, ['npm run bench', ...(argv.length === 0 ? [] : ['--', ...argv])].join(' '));
    return 0;
  } catch (error) {
    if (!interrupted) console.error(`bench: ${error instanceof Error ? error.message : String(error)}`);
    return interrupted ? 130 : 1;
  } finally {
    await owned.disposeAsync();
  }
}

async function bench(options: BenchOptions, command: string): Promise<void> {
  limitTime(options);
  const directory = scratchDirectory();
  const machine = readMachine();
  console.log(describeMachine(machine));
  const hosts: HostCost[] = [];
  for (const idleProcesses of options.idleProcesses) {
    const host = await measureOne(options, idleProcesses, join(directory, String(idleProcesses)));
    hosts.push(host);
    printHost(host);
  }
  const growth = growthRows(hosts);
  if (growth.length > 0) console.log(`\n${formatRows(growth)}`);
  const rows = [...hosts.flatMap(hostRows), ...growth];
  console.log(`\n${formatVerdict(rows)}`);
  const finishedAt = new Date();
  writeResults({ finishedAt, command, machine, rows: rows.map(toJson), hosts });
  if (options.readme) writeReadme({ rows, machine, finishedAt, command });
}

async function measureOne(options: BenchOptions, idleProcesses: number, directory: string): Promise<HostCost> {
  const running = owned.use(new AsyncDisposableStack());
  try {
    return await measureHost(running, {
      idleProcesses,
      rounds: options.rounds,
      peers: options.peers,
      large: options.large,
      directory,
      cacheDirectory: PEERS,
      nodeOptions: profilerOptions(options),
      say: (what) => console.error(`bench: ${what} ...`),
    });
  } finally {
    await running.disposeAsync();
  }
}

function printHost(host: HostCost): void {
  const each = host.meanIdleBytes === undefined ? '' : `, ${Math.round(host.meanIdleBytes / 1024)} kB each`;
  const processes = Math.round(medianProcesses(host.cycles));
  console.log(
    `\n== ${processes} processes (${host.idleProcesses} idle ones${each}); medians of ${host.rounds} rounds\n`,
  );
  console.log(`CPU milliseconds per cycle\n\n${formatTable(phaseTable(host.cycles))}\n\n${formatRows(hostRows(host))}`);
}

function writeResults(results: {
  readonly finishedAt: Date;
  readonly command: string;
  readonly machine: Machine;
  readonly rows: readonly ReturnType<typeof toJson>[];
  readonly hosts: readonly HostCost[];
}): void {
  writeFileSync(RESULTS_FILE, `${JSON.stringify(results, null, 2)}\n`);
  console.log(`\nall numbers: ${RESULTS_FILE}`);
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

function describeMachine({ cores, cpuModel, kernel, nodeVersion, load }: Machine): string {
  return `${cores} cores (${cpuModel}), ${kernel}, Node.js ${nodeVersion}, load ${load.toFixed(2)} before`;
}

/** Something that never answers must not keep thousands of processes running. */
function limitTime({ idleProcesses, rounds, large }: BenchOptions): void {
  const { host, thousand } = LIMIT_MINUTES;
  const each = host + (large ? LIMIT_MINUTES.large : 0);
  const one = idleProcesses.reduce((sum, count) => sum + each + thousand * (count / 1000), 0);
  const minutes = Math.round(one * Math.max(1, rounds / 30));
  setTimeout(() => void interrupt(`not finished after ${minutes} minutes`, 1), minutes * 60_000).unref();
}

async function interrupt(why: string, exitCode: number): Promise<void> {
  interrupted = true;
  console.error(`bench: ${why}, ending what was started`);
  await owned.disposeAsync();
  process.exit(exitCode);
}
