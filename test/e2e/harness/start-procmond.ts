import type { TestContext } from 'node:test';
import { waitUntil } from '../../fake/wait-until.ts';
import { bundle } from './bundle.ts';
import { parseMetrics } from './parse-metrics.ts';
import { type RunningProgram, startProgram } from './start-program.ts';
import type { PrometheusSample } from './start-prometheus.ts';

/** procmond as users run it: the bundle, as a process of its own. */
export interface BundledProcmond {
  readonly program: RunningProgram;
  /** Host and port, for Prometheus. */
  readonly metricsTarget: string;
  /** The text of /metrics, as of now. */
  readonly scrape: () => Promise<string>;
  /** The samples of one metric, as of now. */
  readonly metric: (name: string) => Promise<readonly PrometheusSample[]>;
}

/** Starts the bundle, which is made before where a source is newer, with the shortest interval there is. */
export async function startProcmond(
  t: TestContext,
  options: { readonly dataDirectory: string; readonly endpoint: string; readonly args?: readonly string[] },
): Promise<BundledProcmond> {
  const program = startProgram(
    t,
    process.execPath,
    [
      await bundle(),
      'run',
      `--data-dir=${options.dataDirectory}`,
      `--endpoint=${options.endpoint}`,
      '--metrics-port=0',
      '--interval=5',
      ...(options.args ?? []),
    ],
    { env: {} },
  );
  const metricsUrl = await waitUntil('procmond says where its metrics are', () => {
    if (program.ended() !== undefined) return 'none';
    return /http:\S+\/metrics/.exec(program.output())?.[0];
  });
  if (metricsUrl === 'none') throw new Error(`procmond ended with ${program.ended()}:\n${program.output()}`);
  const scrape = async () => (await fetch(metricsUrl)).text();
  return {
    program,
    metricsTarget: new URL(metricsUrl).host,
    scrape,
    metric: async (name) => parseMetrics(await scrape()).filter(({ metric }) => metric.__name__ === name),
  };
}
