import type { TestContext } from 'node:test';
import { type Backend, backend, ROUTES } from './backend.ts';
import { type ProjectCollector, type ProjectCollectorOptions, projectCollector } from './project-collector.ts';
import { OtlpFile, type ReceivedRecord } from './read-otlp-file.ts';
import { startOtelCollector } from './start-otel-collector.ts';
import type { RunningProgram } from './start-program.ts';

/** The way from procmond to the backends, running: an OTel Collector with the project's configuration, and its backend. */
export interface Pipeline {
  readonly collector: ProjectCollector;
  readonly to: Backend;
  readonly programs: { readonly collector: RunningProgram; readonly backend: RunningProgram };
  /** Everything the backend has, of all routes; within a route in the order of arrival. One call at a time. */
  readonly received: () => Promise<readonly ReceivedRecord[]>;
}

/** Files and queues go below `directory`. */
export async function startPipeline(
  t: TestContext,
  directory: string,
  options: ProjectCollectorOptions = {},
): Promise<Pipeline> {
  const to = await backend(directory);
  const collector = await projectCollector(directory, to, options);
  const [backendProgram, collectorProgram] = await Promise.all([
    startOtelCollector(t, to.settings),
    startOtelCollector(t, collector.settings),
  ]);
  const files = ROUTES.map((route) => new OtlpFile(to.file[route]));
  return {
    collector,
    to,
    programs: { collector: collectorProgram, backend: backendProgram },
    received: async () => (await Promise.all(files.map((file) => file.records()))).flat(),
  };
}
