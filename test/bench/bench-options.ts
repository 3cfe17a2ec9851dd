import { parseArgs } from 'node:util';

export interface BenchOptions {
  /** Idle processes started beside what runs anyway. */
  readonly idleProcesses: number;
  /** Measured rounds, each one cycle of every variant and one run of every reference. */
  readonly rounds: number;
  /** Where V8's CPU profiles of the driven sources go; none by default. */
  readonly profileDirectory: string | undefined;
}

export const HELP = `npm run bench [-- OPTION...]
  --processes N   idle processes to start (1000)
  --rounds N      measured cycles of each kind, at least 20 (30)
  --cpu-prof DIR  write V8's CPU profiles of the cycles into DIR
`;

/** @throws {Error} saying which option is wrong; undefined where help is asked for */
export function parseBenchOptions(argv: readonly string[]): BenchOptions | undefined {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      processes: { type: 'string', default: '1000' },
      rounds: { type: 'string', default: '30' },
      'cpu-prof': { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  return {
    idleProcesses: wholeNumber('--processes', values.processes, 0, 100_000),
    rounds: wholeNumber('--rounds', values.rounds, 20, 10_000),
    profileDirectory: values['cpu-prof'],
  };
}

function wholeNumber(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new Error(`${name} is "${text}", it must be a whole number from ${min} to ${max}`);
}
