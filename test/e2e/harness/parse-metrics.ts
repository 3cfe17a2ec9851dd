import type { PrometheusSample } from './start-prometheus.ts';

const SAMPLE = /^(?<name>\w+)(?:\{(?<labels>.*)\})? (?<value>\S+)$/;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;

/** The samples in Prometheus' text format, the metric's name as the label `__name__`. Escapes in label values stay as they are. */
export function parseMetrics(text: string): readonly PrometheusSample[] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const { name, labels, value } = SAMPLE.exec(line)?.groups ?? {};
      if (name === undefined) throw new Error(`this is no sample: ${line}`);
      const metric = Object.fromEntries([...(labels ?? '').matchAll(LABEL)].map(([, key, escaped]) => [key, escaped]));
      return { metric: { ...metric, __name__: name } as Record<string, string>, value: Number(value) };
    });
}
