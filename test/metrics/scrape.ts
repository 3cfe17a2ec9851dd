import { type LiveReader, Metrics } from '../../src/metrics/metrics.ts';

export const EMPTY_STORE: LiveReader = {
  outboxRecords: () => 0,
  outboxBytes: () => 0,
  oldestAgeSeconds: () => 0,
  storeBytes: () => 0,
};

export function createMetrics(live: LiveReader = EMPTY_STORE): Metrics {
  return new Metrics({ version: '1.2.3', live });
}

/** The samples of a scrape, by series as the text writes it: `name{label="value"}`. */
export async function scrape(metrics: Metrics): Promise<Map<string, string>> {
  const lines = (await metrics.render()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const space = line.lastIndexOf(' ');
      return [line.slice(0, space), line.slice(space + 1)];
    }),
  );
}
