import { parseArgs } from 'node:util';

export interface BenchOptions {
  /** Idle processes started beside what runs anyway: one run for each number, one after the other. */
  readonly idleProcesses: readonly number[];
  /** Measured rounds, each one cycle of every variant and one run of every reference. */
  readonly rounds: number;
  /** Compare with programs that have to be fetched first. */
  readonly peers: boolean;
  /** Also with an outbox of millions of records, beside hosts of usual size. */
  readonly large: boolean;
  /** Write the table into README.md. */
  readonly readme: boolean;
  /** Where V8's CPU profiles of the driven sources go; none by default. */
  readonly profileDirectory: string | undefined;
}

export const HELP = `npm run bench [-- OPTION...]
  --processes N[,N]  idle processes to start; several numbers are measured one after the other (1000)
  --rounds N         measured cycles of each kind, at least 20; half of them beyond 2000 processes (30)
  --peers            also beside prometheus-process-exporter: from PATH, or Debian's package, downloaded and unpacked
                     into bench-results/peers
  --large            also with 3,000,000 records in the outbox, a day at 1000 processes: some minutes, and 0.5 GB of disk
  --readme           write the table into README.md
  --cpu-prof DIR     write V8's CPU profiles of the cycles into DIR
`;

/** @throws {Error} saying which option is wrong; undefined where help is asked for */
export function parseBenchOptions(argv: readonly string[]): BenchOptions | undefined {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      processes: { type: 'string', default: '1000' },
      rounds: { type: 'string', default: '30' },
      peers: { type: 'boolean', default: false },
      large: { type: 'boolean', default: false },
      readme: { type: 'boolean', default: false },
      'cpu-prof': { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  return {
    idleProcesses: values.processes.split(',').map((text) => wholeNumber('--processes', text, 0, 100_000)),
    rounds: wholeNumber('--rounds', values.rounds, 20, 10_000),
    peers: values.peers,
    large: values.large,
    readme: values.readme,
    profileDirectory: values['cpu-prof'],
  };
}

function wholeNumber(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isInteger(value) && value >= min && value <= max) return value;
  throw new Error(`${name} is "${text}", it must be a whole number from ${min} to ${max}`);
}
