import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { waitUntil } from '../../fake/wait-until.ts';
import { prometheus } from '../components/prometheus.ts';
import { freePorts } from './free-ports.ts';
import { startProgram } from './start-program.ts';

/** One series of an instant query: its labels, and its value at the time of the query. */
export interface PrometheusSample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A running Prometheus. */
export interface PrometheusServer {
  /** @throws {Error} with Prometheus' own words when the expression is wrong */
  readonly query: (expression: string) => Promise<readonly PrometheusSample[]>;
}

/** Scrape targets (host:port) by job name. */
export type ScrapeJobs = Readonly<Record<string, string>>;

/** Starts a real Prometheus that scrapes the targets every second; its data goes below `directory`. */
export async function startPrometheus(t: TestContext, directory: string, jobs: ScrapeJobs): Promise<PrometheusServer> {
  const { web } = await freePorts(['web']);
  const configFile = join(directory, 'prometheus.yml');
  await writeFile(configFile, JSON.stringify(configuration(jobs)));
  const running = startProgram(
    t,
    prometheus(process.env).prometheus,
    [
      `--config.file=${configFile}`,
      `--storage.tsdb.path=${join(directory, 'prometheus')}`,
      `--web.listen-address=127.0.0.1:${web}`,
    ],
    { env: {} },
  );
  const url = `http://127.0.0.1:${web}`;
  await waitUntil('Prometheus is ready', async () => {
    return running.ended() !== undefined || (await fetch(`${url}/-/ready`)).ok;
  });
  if (running.ended() !== undefined) throw new Error(`Prometheus ended with ${running.ended()}:\n${running.output()}`);
  return { query: (expression) => instantQuery(url, expression) };
}

/** JSON is YAML. */
function configuration(jobs: ScrapeJobs) {
  return {
    global: { scrape_interval: '1s' },
    scrape_configs: Object.entries(jobs).map(([job_name, target]) => ({
      job_name,
      static_configs: [{ targets: [target] }],
    })),
  };
}

async function instantQuery(url: string, expression: string): Promise<readonly PrometheusSample[]> {
  const response = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(expression)}`);
  const answer = (await response.json()) as PrometheusAnswer;
  if (answer.status !== 'success') throw new Error(`Prometheus refuses ${expression}: ${answer.error}`);
  return answer.data.result.map(({ metric, value: [, text] }) => ({ metric, value: Number(text) }));
}

/** Of the HTTP API, instant queries that give a vector. */
type PrometheusAnswer =
  | { readonly status: 'error'; readonly error: string }
  | {
      readonly status: 'success';
      readonly data: {
        readonly result: readonly {
          readonly metric: Readonly<Record<string, string>>;
          readonly value: readonly [number, string];
        }[];
      };
    };
