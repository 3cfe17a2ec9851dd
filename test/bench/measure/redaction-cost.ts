import { createRedactor, KEY_BYTES } from '../../../src/process/redact/redactor.ts';
import { type CorpusRow, readCorpus } from '../../process/redact/corpus.ts';
import { median } from '../report/statistics.ts';

/** CPU microseconds for the arguments of one process, which are redacted once per identity and exec; medians. */
export interface RedactionCost {
  readonly commandLines: number;
  /** Over the whole corpus, half of which holds secrets: far more than the command lines of a host do. */
  readonly all: number;
  readonly withSecrets: number;
  readonly withoutSecrets: number;
}

/** V8 has compiled by then what it will compile. */
const WARM_UP_ROUNDS = 50;
const ROUNDS = 100;

export function measureRedactionCost(): RedactionCost {
  const rows = readCorpus();
  const withSecrets = rows.filter(({ secrets }) => secrets.some((spans) => spans.length > 0));
  const withoutSecrets = rows.filter((row) => !withSecrets.includes(row));
  return {
    commandLines: rows.length,
    all: microsPerProcess(rows),
    withSecrets: microsPerProcess(withSecrets),
    withoutSecrets: microsPerProcess(withoutSecrets),
  };
}

function microsPerProcess(rows: readonly CorpusRow[]): number {
  const redactor = createRedactor('redacted', { key: new Uint8Array(KEY_BYTES) });
  const round = () => {
    const before = process.cpuUsage();
    for (const { args } of rows) redactor.arguments(args);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / rows.length;
  };
  for (let warmUp = 0; warmUp < WARM_UP_ROUNDS; warmUp++) round();
  return median(Array.from({ length: ROUNDS }, round));
}
