import type { Clock } from '../base/clock.ts';
import type { BudgetReport, BudgetState, CollectorObserver } from '../base/observer.ts';
import { type BudgetNews, budgetNews } from './budget-news.ts';
import { type BudgetStanding, newStanding, nextStanding } from './budget-state.ts';
import { CpuWindow } from './cpu-window.ts';
import { OPTIONAL_WORK, type OptionalWork } from './optional-work.ts';

/** What procmond may use; 0 = as much as it likes. */
export interface Budgets {
  /** Percent of one core, averaged over a minute. */
  readonly cpuBudgetPercent: number;
  /** Of memory that is its own: RssAnon, which mapped pages of the store are not in. */
  readonly memoryBudgetBytes: number;
}

export interface BudgetUsage {
  /** User and system time since the start, of all threads. */
  readonly cpuSeconds: number;
  /** undefined where the system does not tell: then it is not judged. */
  readonly anonymousBytes: number | undefined;
}

export interface BudgetKeeperOptions {
  readonly budgets: Budgets;
  readonly usage: () => BudgetUsage;
  readonly clock: Clock;
  /** Has the optional work done as it says, at once. */
  readonly apply: (work: OptionalWork) => void;
  /** Told once for each change of state. */
  readonly tell: (news: BudgetNews) => void;
  /** Told at each look. */
  readonly judged: (report: BudgetReport) => void;
  /** Called when memory runs short, and at most once in ten minutes: what it can give back, it should. */
  readonly shrink: () => void;
}

type Used = Pick<BudgetReport, 'cpu' | 'memory'>;

const LOOK_MILLIS = 5_000;
const START_MILLIS = 60_000;
const SHRINK_EVERY_MILLIS = 10 * 60_000;

/**
 * Keeps procmond within what it may use, by what it can do without for a while: looks every five seconds at what was
 * used, and slows such work before the budget is used up. What procmond is for goes on in any case, and it never ends
 * itself: a budget that cannot be kept is told, and is for people to change.
 *
 * The start is not judged: to look at everything once costs what it costs, and cannot be done any slower. CPU is counted
 * from the end of the first cycle on, at the latest from a minute after the start.
 */
export class BudgetKeeper implements CollectorObserver {
  readonly #options: BudgetKeeperOptions;
  readonly #startedAtMillis: number;
  #budgets: Budgets;
  #standing: BudgetStanding;
  #window: CpuWindow | undefined;
  #shrunkAtMillis = Number.NEGATIVE_INFINITY;

  constructor(options: BudgetKeeperOptions) {
    this.#options = options;
    this.#budgets = options.budgets;
    this.#startedAtMillis = options.clock.monotonicMillis();
    this.#standing = newStanding(this.#startedAtMillis);
  }

  /** Looks every five seconds until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#options.clock.delay(LOOK_MILLIS, signal);
      if (!signal.aborted) this.look();
    }
  }

  cycleEnded(): void {
    this.#beginToCount();
  }

  /** Another budget is judged at once, and by itself: where it is kept, no calm is waited for. */
  setBudgets(budgets: Budgets): void {
    const { state } = this.#standing;
    this.#budgets = budgets;
    const used = this.#used();
    if (greatestShare(used) < 1) this.#standing = newStanding(this.#options.clock.monotonicMillis());
    this.#judge(used, state);
  }

  look(): void {
    this.#judge(this.#used(), this.#standing.state);
  }

  #judge(used: Used, before: BudgetState): void {
    const { clock, apply, tell, judged } = this.#options;
    const atMillis = clock.monotonicMillis();
    this.#standing = nextStanding(this.#standing, greatestShare(used), atMillis);
    const { state } = this.#standing;
    const { slowed } = OPTIONAL_WORK[state];
    const report: BudgetReport = { state, slowed, ...used };
    judged(report);
    if (used.memory.share >= 1) this.#shrink(atMillis);
    if (state === before) return;
    apply(OPTIONAL_WORK[state]);
    tell(budgetNews(before, report));
  }

  #beginToCount(): void {
    if (this.#window !== undefined) return;
    const { clock, usage } = this.#options;
    this.#window = new CpuWindow();
    this.#window.percent({ atMillis: clock.monotonicMillis(), cpuSeconds: usage().cpuSeconds });
  }

  #used(): Used {
    const { clock, usage } = this.#options;
    const atMillis = clock.monotonicMillis();
    if (atMillis - this.#startedAtMillis >= START_MILLIS) this.#beginToCount();
    const { cpuSeconds, anonymousBytes } = usage();
    const { cpuBudgetPercent, memoryBudgetBytes } = this.#budgets;
    const used = this.#window?.percent({ atMillis, cpuSeconds }) ?? 0;
    return {
      cpu: { used, budget: cpuBudgetPercent, share: shareOf(used, cpuBudgetPercent) },
      memory: {
        used: anonymousBytes,
        budget: memoryBudgetBytes,
        share: shareOf(anonymousBytes ?? 0, memoryBudgetBytes),
      },
    };
  }

  #shrink(atMillis: number): void {
    if (atMillis - this.#shrunkAtMillis < SHRINK_EVERY_MILLIS) return;
    this.#shrunkAtMillis = atMillis;
    this.#options.shrink();
  }
}

function greatestShare({ cpu, memory }: Used): number {
  return Math.max(cpu.share, memory.share);
}

function shareOf(used: number, budget: number): number {
  return budget === 0 ? 0 : used / budget;
}
