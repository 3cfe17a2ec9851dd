import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { PROJECT_CONFIG_FILE } from './project-collector.ts';

/** What `retry_on_failure` of an exporter is where a configuration is silent (exporterhelper of the OTel Collector). */
const DEFAULTS = { initial_interval: '5s', max_interval: '30s', max_elapsed_time: '300s' } as const;

type RetryKey = keyof typeof DEFAULTS;
type RetrySettings = Readonly<Partial<Record<RetryKey, string>>>;

/** By how much every duration is shorter: a default of five minutes is three seconds. */
const FACTOR = 100;

/**
 * Writes a configuration to be laid over the project's own: each exporter repeats as it is configured to, or as it would
 * by default where the project's file is silent, in a hundredth of the time.
 * @param options `without` are settings of the project's file that are taken for absent
 * @returns its path
 */
export async function writeShortenedRetries(
  directory: string,
  options: { readonly without?: readonly RetryKey[] } = {},
): Promise<string> {
  const { exporters } = parse(await readFile(PROJECT_CONFIG_FILE, 'utf8'), { merge: true }) as ProjectConfig;
  const shortened = Object.entries(exporters).map(([name, { retry_on_failure: own }]) => [
    name,
    {
      retry_on_failure: shorten({
        ...own,
        ...Object.fromEntries((options.without ?? []).map((key) => [key, undefined])),
      }),
    },
  ]);
  const path = join(directory, 'shortened-retries.yaml');
  await writeFile(path, stringify({ exporters: Object.fromEntries(shortened) }, { aliasDuplicateObjects: false }));
  return path;
}

function shorten(own: RetrySettings): Record<string, string> {
  return Object.fromEntries(
    (Object.keys(DEFAULTS) as RetryKey[]).map((key) => [key, `${millisOf(own[key] ?? DEFAULTS[key]) / FACTOR}ms`]),
  );
}

/** Of a duration in whole seconds, which is all that is used here. */
function millisOf(duration: string): number {
  const [, seconds] = /^(\d+)s$/.exec(duration) ?? [];
  if (seconds === undefined) throw new Error(`"${duration}" is no duration in whole seconds`);
  return Number(seconds) * 1_000;
}

interface ProjectConfig {
  readonly exporters: Readonly<Record<string, { readonly retry_on_failure?: RetrySettings }>>;
}
