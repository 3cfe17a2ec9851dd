import type { Clock } from '../base/clock.ts';
import { type GivenUpSum, GivenUpSums } from '../base/given-up.ts';
import type {
  BudgetReport,
  CollectorObserver,
  CommitReport,
  CommittedCycle,
  CycleReport,
  ExportReport,
  TopicCounts,
} from '../base/observer.ts';
import { cycleSummary } from './cycle-summary.ts';
import type { CostReport, EventCounts, LastCycle } from './protocol.ts';

/** What this process has used so far. */
export interface OwnUsage {
  readonly cpuSeconds: number;
  readonly residentBytes: number;
  /** What Node.js has open: timers, sockets, servers, requests. */
  readonly activeResources: number;
}

export interface RunningFactsOptions {
  readonly clock: Clock;
  readonly ownUsage: () => OwnUsage;
}

/** A moment, monotonic, and the CPU time used until then. */
interface UsageMark {
  readonly atMillis: number;
  readonly cpuSeconds: number;
}

/** What the running parts told since the start, as the status shows it. */
export class RunningFacts implements CollectorObserver {
  readonly #clock: Clock;
  readonly #ownUsage: () => OwnUsage;
  readonly #startedAtMillis: number;
  readonly #started: UsageMark;
  readonly #counts = new Map<string, { -readonly [Kind in keyof EventCounts]: number }>();
  readonly #givenUp = new GivenUpSums();
  #ended: { readonly atMillis: number; readonly failure?: string } | undefined;
  #committed: CommittedCycle | undefined;
  #budget: BudgetReport | undefined;
  /** At the ends of the last two cycles. */
  #lastMark: UsageMark | undefined;
  #markBefore: UsageMark | undefined;

  constructor({ clock, ownUsage }: RunningFactsOptions) {
    this.#clock = clock;
    this.#ownUsage = ownUsage;
    this.#startedAtMillis = clock.wallMillis();
    this.#started = this.#mark();
  }

  /** Epoch milliseconds. */
  get startedAtMillis(): number {
    return this.#startedAtMillis;
  }

  get upMillis(): number {
    return this.#clock.monotonicMillis() - this.#started.atMillis;
  }

  get lastCycle(): LastCycle | undefined {
    if (this.#ended === undefined) return undefined;
    const { atMillis, failure } = this.#ended;
    return {
      endedSecondsAgo: Math.round(this.#clock.monotonicMillis() - atMillis) / 1000,
      ...(this.#committed !== undefined && { committed: cycleSummary(this.#committed) }),
      ...(failure !== undefined && { failure }),
    };
  }

  get events(): Readonly<Record<string, EventCounts>> {
    return Object.fromEntries(this.#counts);
  }

  get givenUp(): readonly GivenUpSum[] {
    return this.#givenUp.all();
  }

  get budget(): BudgetReport | undefined {
    return this.#budget;
  }

  get cost(): CostReport {
    const { cpuSeconds, residentBytes, activeResources } = this.#ownUsage();
    const from = this.#markBefore ?? this.#started;
    const to = this.#markBefore === undefined ? this.#mark() : (this.#lastMark ?? from);
    const seconds = (to.atMillis - from.atMillis) / 1000;
    const cpuPercent = seconds > 0 ? ((to.cpuSeconds - from.cpuSeconds) / seconds) * 100 : 0;
    return { cpuSeconds, cpuPercent: Math.round(cpuPercent * 100) / 100, residentBytes, activeResources };
  }

  cycleEnded(report: CycleReport): void {
    const mark = this.#mark();
    this.#markBefore = this.#lastMark;
    this.#lastMark = mark;
    this.#ended = { atMillis: mark.atMillis, ...(report.outcome === 'failed' && { failure: report.message }) };
    if (report.outcome === 'committed') this.#committed = report;
  }

  committed({ emitted, discarded, expired }: CommitReport): void {
    this.#add('emitted', emitted);
    this.#add('discarded', discarded);
    this.#add('expired', expired);
  }

  gaveUp(sums: readonly GivenUpSum[]): void {
    for (const sum of sums) this.#givenUp.add(sum);
  }

  exported({ acknowledged, rejected }: ExportReport): void {
    this.#add('acknowledged', acknowledged);
    this.#add('rejected', rejected);
  }

  budgetJudged(report: BudgetReport): void {
    this.#budget = report;
  }

  #add(kind: keyof EventCounts, counts: TopicCounts): void {
    for (const [topic, count] of counts) {
      let known = this.#counts.get(topic);
      if (known === undefined) {
        known = { emitted: 0, acknowledged: 0, rejected: 0, discarded: 0, expired: 0 };
        this.#counts.set(topic, known);
      }
      known[kind] += count;
    }
  }

  #mark(): UsageMark {
    return { atMillis: this.#clock.monotonicMillis(), cpuSeconds: this.#ownUsage().cpuSeconds };
  }
}
