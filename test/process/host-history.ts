import type { TestContext } from 'node:test';
import type { CommittedCycle } from '../../src/base/observer.ts';
import type { EventBatch, EventSink } from '../../src/collector/event-source.ts';
import type { CollectionEvent, ProcessCollectionEvent } from '../../src/event/collection-event.ts';
import type { Enumeration, ProcessEnumerator } from '../../src/process/enumerate/enumerator.ts';
import type { FileHasher } from '../../src/process/executable-hashes.ts';
import type { CompiledRules } from '../../src/process/findings/compile-rules.ts';
import { ProcessEventSource } from '../../src/process/process-event-source.ts';
import type { ProcessSourceConfig } from '../../src/process/process-source-config.ts';
import type { Redactor } from '../../src/process/redact/redactor.ts';
import type { SnapshotStore } from '../../src/store/snapshot-store.ts';
import { CapturedLogger } from '../fake/captured-logger.ts';
import { ManualClock } from './manual-clock.ts';
import { openStore } from './open-store.ts';
import { BOOT, enumerationOf, type GivenProcess, processOf } from './process-table.ts';
import { testRedactor } from './test-redactor.ts';

export interface CycleGiven extends Partial<Omit<Enumeration, 'processes' | 'endedAtMillis'>> {
  readonly processes: readonly GivenProcess[];
  /** Since the last cycle; 30 s. */
  readonly afterMillis?: number;
  /** How far the wall clock is set before this cycle. */
  readonly stepMillis?: number;
  /** procmond is started anew before this cycle. */
  readonly restart?: boolean;
  /** The disk is full: the commit fails. */
  readonly diskFull?: boolean;
  readonly config?: Partial<ProcessSourceConfig>;
  readonly redactor?: Redactor;
  /** Asked in this cycle and those after it. */
  readonly hasher?: FileHasher;
  /** What is looked for from this cycle on; nothing at first. */
  readonly rules?: CompiledRules;
}

export interface CycleTold {
  readonly events: readonly CollectionEvent[];
  readonly report: CommittedCycle | undefined;
}

export const NO_RULES: CompiledRules = { rules: [], expectedProcesses: [], tellsMissing: true, tellsFlapping: true };

const DISK_FULL = new Error('MDB_MAP_FULL');

/** What a source tells of a host whose processes a test makes up, cycle by cycle, with a real store. */
export class HostHistory {
  readonly store: SnapshotStore;
  readonly clock = new ManualClock(BOOT.timeMillis + 3_600_000);
  readonly logger = new CapturedLogger();
  #source: ProcessEventSource | undefined;
  #config: Partial<ProcessSourceConfig>;
  #hasher: FileHasher | undefined;
  #next: Enumeration | undefined;
  #rules = NO_RULES;

  private constructor(store: SnapshotStore, config: Partial<ProcessSourceConfig>) {
    this.store = store;
    this.#config = config;
  }

  static async begin(t: TestContext, config: Partial<ProcessSourceConfig> = {}): Promise<HostHistory> {
    return new HostHistory(await openStore(t), config);
  }

  async cycle(given: CycleGiven): Promise<CycleTold> {
    const { processes, afterMillis = 30_000, stepMillis = 0, restart, diskFull, ...further } = given;
    const { config, redactor, hasher, rules, ...rest } = further;
    if (rules !== undefined) {
      this.#rules = rules;
      this.#source?.setRules(rules);
    }
    if (this.#source !== undefined) this.clock.advance(afterMillis);
    this.clock.stepWall(stepMillis);
    if (config !== undefined) this.#config = config;
    if (hasher !== undefined) this.#hasher = hasher;
    if (restart || config || redactor) this.#source = undefined;
    this.#source ??= new ProcessEventSource(this.store, this.#config, {
      enumerator: this.#enumerator(),
      redactor: redactor ?? testRedactor(),
      ...(this.#hasher !== undefined && { hasher: this.#hasher }),
      rules: this.#rules,
      passwdFile: '/dev/null',
      groupFile: '/dev/null',
      logger: this.logger,
      clock: this.clock,
    });
    this.#next = enumerationOf(processes.map(processOf), { ...rest, endedAtMillis: this.clock.wallMillis() });
    let events: readonly CollectionEvent[] = [];
    const sink: EventSink = {
      commit: (batch) => {
        events = this.#commit(batch, diskFull ?? false);
        return { firstSeq: 1, lastSeq: events.length };
      },
      capabilitiesChanged() {},
    };
    try {
      const report = await this.#source.runCycle(sink, new AbortController().signal);
      return { events, report };
    } catch (error) {
      if (error !== DISK_FULL) throw error;
      return { events, report: undefined };
    }
  }

  #commit(batch: EventBatch, diskFull: boolean): readonly CollectionEvent[] {
    return this.store.transact(() => {
      batch.write?.();
      const events = [...batch.events];
      if (diskFull) throw DISK_FULL;
      return events;
    });
  }

  #enumerator(): ProcessEnumerator {
    return { enumerate: async () => this.#next as Enumeration, close: () => {} };
  }
}

/** One line per event, `observed` and `stopped` and so on gathered: `observed 1 2`, `started 3 live`. */
export function tell({ events }: CycleTold): readonly string[] {
  const lines: string[] = [];
  for (const event of events) {
    const line = lineOf(event);
    const last = lines.at(-1);
    if (line.startsWith('observed') && last?.startsWith('observed')) lines[lines.length - 1] = last + line.slice(8);
    else lines.push(line);
  }
  return lines;
}

function lineOf(event: CollectionEvent): string {
  switch (event.kind) {
    case 'process':
      return processLine(event);
    case 'finding':
      return `found ${event.rule.id}${event.process === undefined ? '' : ` ${event.process.pid}`}`;
    case 'trigger':
      return `trigger ${event.request.target} ${event.request.process?.pid}`;
    case 'cycle':
      return `completed ${event.events}`;
    case 'agent':
      return [event.name, event.attributes['procmond.baseline.reason'] as string | undefined].filter(Boolean).join(' ');
    default:
      return event.kind;
  }
}

function processLine(event: ProcessCollectionEvent): string {
  const name = `${event.action} ${event.process.pid}`;
  switch (event.action) {
    case 'observed':
      return name;
    case 'changed': {
      const changes = event.changes.map((change) => `${change.field}: ${String(change.old)} -> ${String(change.new)}`);
      return `${name} ${event.cause} ${changes.join(', ')}`;
    }
    default:
      return `${name} ${event.cause}`;
  }
}
