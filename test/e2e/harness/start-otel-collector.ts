import type { TestContext } from 'node:test';
import { waitUntil } from '../../fake/wait-until.ts';
import { otelCollector } from '../components/otel-collector.ts';
import { type RunningProgram, startProgram } from './start-program.ts';

/** What an OTel Collector is started with; starting twice with the same gives the same ports and files. */
export interface OtelCollectorSettings {
  /** Laid over each other: maps are merged, anything else is the later file's. */
  readonly configFiles: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
  /** Where its health check answers, a whole URL. */
  readonly healthUrl: string;
}

/** Starts a real OTel Collector and resolves when its health check says that all pipelines run. */
export async function startOtelCollector(t: TestContext, settings: OtelCollectorSettings): Promise<RunningProgram> {
  const binary = await otelCollector(process.env, (line) => t.diagnostic(line));
  const running = startProgram(t, binary, configArguments(settings.configFiles), { env: settings.environment });
  await waitUntil(`the OTel Collector of ${settings.configFiles.join(', ')} is ready`, async () => {
    return running.ended() !== undefined || (await fetch(settings.healthUrl)).ok;
  });
  if (running.ended() === undefined) return running;
  throw new Error(`the OTel Collector ended with ${running.ended()}:\n${running.output()}`);
}

export function configArguments(files: readonly string[]): readonly string[] {
  return files.flatMap((file) => ['--config', file]);
}
