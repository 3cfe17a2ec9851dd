import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';

export interface SoakOptions {
  readonly minutes: number;
  /** Short processes that are started each second. */
  readonly processesPerSecond: number;
  /** Decides outages, kills and lives; what the machine makes of them is its own. */
  readonly seed: number;
}

export const HELP = `npm run soak [-- OPTION...]
  --minutes N     how long it runs, 2 to 1440 (30)
  --processes N   short processes that are started each second, 0 to 100 (20)
  --seed N        decides outages, kills and lives (drawn, and printed)

What procmond holds goes by the processes it sees: where others come and go, only a pid namespace of its own tells a trend,
as root: unshare --pid --fork --mount-proc npm run soak
`;

/** @throws {Error} saying which option is wrong; undefined where help is asked for */
export function parseSoakOptions(argv: readonly string[]): SoakOptions | undefined {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      minutes: { type: 'string', default: '30' },
      processes: { type: 'string', default: '20' },
      seed: { type: 'string', default: String(randomInt(2 ** 31)) },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  return {
    minutes: wholeNumber('--minutes', values.minutes, 2, 1440),
    processesPerSecond: wholeNumber('--processes', values.processes, 0, 100),
    seed: wholeNumber('--seed', values.seed, 0, 2 ** 31),
  };
}

function wholeNumber(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isInteger(value) && value >= min && value <= max) return value;
  throw new Error(`${name} is "${text}", it must be a whole number from ${min} to ${max}`);
}
