import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Enumeration, Process, ProcessEnumerator } from '../../../src/process/enumerate/enumerator.ts';
import type { ManualClock } from '../../fake/manual-clock.ts';
import { seededRandom } from '../../fake/seeded-random.ts';
import { BOOT, enumerationOf, processOf } from '../../process/process-table.ts';

const FIRST_PID = 1_000;

/** How many end and are followed by others, from cycle to cycle. */
const REPLACED_PER_CYCLE = 3;

/** A host of that many processes, whose figures move, and of which some end and others start. */
export class BusyHost implements ProcessEnumerator {
  readonly #clock: ManualClock;
  readonly #random = seededRandom(1);
  readonly #processes: Process[];
  #nextPid: number;

  constructor({ processes, clock }: { readonly processes: number; readonly clock: ManualClock }) {
    this.#clock = clock;
    this.#nextPid = FIRST_PID;
    this.#processes = Array.from({ length: processes }, () => this.#start());
  }

  async enumerate(): Promise<Enumeration> {
    // As a real one gives the event loop its turns.
    await nextTurn();
    this.#processes.splice(this.#below(this.#processes.length - REPLACED_PER_CYCLE), REPLACED_PER_CYCLE);
    for (let started = 0; started < REPLACED_PER_CYCLE; started++) this.#processes.push(this.#start());
    for (const process of this.#processes) {
      const moving = process as { -readonly [Key in keyof Process]: Process[Key] };
      moving.userTicks = (process.userTicks ?? 0) + this.#below(500);
      moving.rssBytes = 4096 * (1 + this.#below(100_000));
      moving.cpuUtilization = this.#random();
    }
    return enumerationOf(this.#processes, { endedAtMillis: this.#clock.wallMillis() });
  }

  close(): void {}

  #start(): Process {
    const pid = this.#nextPid++;
    const name = `service-${pid % 97}`;
    return processOf({
      pid,
      ppid: 1,
      comm: name,
      startTicks: Math.round((this.#clock.wallMillis() - BOOT.timeMillis) / 10),
      details: {
        redaction: 'none',
        executablePath: `/usr/lib/${name}/bin/${name}`,
        executableInode: pid % 97,
        args: [name, '--port', String(pid), '--id', this.#random().toString(36).slice(2)],
        argsCount: 5,
        workingDirectory: `/srv/${name}`,
      },
    });
  }

  #below(count: number): number {
    return Math.floor(this.#random() * count);
  }
}
