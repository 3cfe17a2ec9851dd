import assert from 'node:assert/strict';
import type { StoreRemains } from './store-remains.ts';

/** A record, sent or stored. */
interface ToldRecord {
  readonly eventName: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

interface DiscardSum {
  readonly reason: string;
  readonly count: number;
  readonly first: number;
  readonly last: number;
}

interface Cycle {
  readonly id: unknown;
  records: number;
  readonly observed: Map<number, Observed>;
}

interface Observed {
  readonly startTicks: number;
  readonly args: unknown;
}

/**
 * Reads records in the order of their numbers, as a receiver would, and follows the process table from them alone: each
 * cycle has to be whole, and what was told of lives has to lead to what is seen, and to what the store holds.
 */
export class CycleReplay {
  /** What was told as given up, by the number of the record that tells it. */
  readonly discards = new Map<number, DiscardSum>();
  #count = 0;
  #open: Cycle | undefined;
  #baseline = false;
  #last: Cycle | undefined;
  /** Start ticks of what runs, by pid. */
  #alive = new Map<number, number>();
  /** Whether a number was given up since the last whole cycle. */
  #gap = false;

  /** Cycles that were told whole. */
  get count(): number {
    return this.#count;
  }

  /** @param record undefined where it was given up */
  next(seq: number, record: ToldRecord | undefined): void {
    if (record === undefined) {
      this.#gap = true;
      return;
    }
    const { eventName, attributes } = record;
    const cycleId = attributes['procmond.cycle.id'];
    if (cycleId === undefined) {
      if (!this.#gap) assert.equal(this.#open, undefined, `record ${seq} lies inside a cycle`);
      if (eventName === 'procmond.agent.baseline') this.#baseline = true;
      if (eventName === 'procmond.agent.events_discarded') this.discards.set(seq, discardOf(attributes));
      return;
    }
    const cycle = this.#cycleOf(cycleId, seq);
    cycle.records += 1;
    const pid = attributes['process.pid'] as number;
    const startTicks = attributes['procmond.process.start_ticks'] as number;
    switch (eventName) {
      case 'procmond.process.stopped':
        assert.equal(startTicks, this.#alive.get(pid), `record ${seq} tells the end of what ran as ${pid}`);
        this.#alive.delete(pid);
        break;
      case 'procmond.process.started':
        assert.ok(!this.#alive.has(pid), `record ${seq} tells the start of a second ${pid}`);
        this.#alive.set(pid, startTicks);
        break;
      case 'procmond.process.changed':
        assert.equal(startTicks, this.#alive.get(pid), `record ${seq} tells a change of what runs as ${pid}`);
        break;
      case 'procmond.process.observed':
        cycle.observed.set(pid, { startTicks, args: attributes['process.command_args'] });
        break;
      case 'procmond.cycle.completed':
        this.#completed(cycle, seq, attributes);
        break;
    }
  }

  /** The snapshot is that of the last cycle, and nothing of another one has been committed. */
  agreesWith({ state, rows, figures }: StoreRemains): void {
    assert.equal(this.#open, undefined, 'no part of a cycle is committed');
    assert.equal(state?.cycleId, this.#last?.id, 'the snapshot is that of the last cycle told');
    assert.deepEqual(new Map(rows.map(({ pid, startTicks }) => [pid, startTicks])), sorted(this.#alive));
    assert.deepEqual(figures, new Set(rows.map(({ pid }) => pid)));
    for (const { pid, details } of rows) {
      const observed = this.#last?.observed.get(pid);
      // What was observed may have been given up.
      if (observed !== undefined) assert.deepEqual(details?.args, observed.args, `arguments of ${pid}`);
    }
  }

  #cycleOf(id: unknown, seq: number): Cycle {
    if (this.#open !== undefined && this.#open.id === id) return this.#open;
    if (!this.#gap) assert.equal(this.#open, undefined, `the cycle before record ${seq} has no end`);
    this.#open = { id, records: 0, observed: new Map() };
    return this.#open;
  }

  #completed(cycle: Cycle, seq: number, attributes: ToldRecord['attributes']): void {
    const observed = new Map([...cycle.observed].map(([pid, { startTicks }]) => [pid, startTicks]));
    if (this.#baseline) this.#alive = new Map(observed);
    if (!this.#gap) {
      assert.equal(attributes['procmond.cycle.events'], cycle.records, `the cycle that record ${seq} ends is whole`);
      assert.deepEqual(
        sorted(observed),
        sorted(this.#alive),
        `what record ${seq} ends agrees with the lives told before`,
      );
    }
    assert.equal(attributes['procmond.cycle.processes'], this.#alive.size);
    this.#count += 1;
    this.#last = cycle;
    this.#open = undefined;
    this.#baseline = false;
    this.#gap = false;
  }
}

function discardOf(attributes: ToldRecord['attributes']): DiscardSum {
  return {
    reason: String(attributes['procmond.discarded.reason']),
    count: Number(attributes['procmond.discarded.count']),
    first: Number(attributes['procmond.discarded.first']),
    last: Number(attributes['procmond.discarded.last']),
  };
}

function sorted(byPid: ReadonlyMap<number, number>): ReadonlyMap<number, number> {
  return new Map([...byPid].sort(([a], [b]) => a - b));
}
