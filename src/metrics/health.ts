import type { Clock } from '../base/clock.ts';
import { escapeForDisplay } from '../base/escape-for-display.ts';
import type { CollectorObserver, CycleReport } from '../base/observer.ts';

/** A cycle is missed after this many of its intervals. */
const INTERVALS = 3;

/** Short intervals get at least this long, so that one slow cycle is no failure. */
const LEAST_LIMIT_MILLIS = 60_000;

/** The body of an answer to a probe. */
export interface HealthAnswer {
  readonly status: 'ok' | 'failing';
  /** Why, one line. */
  readonly message: string;
  /** How long ago the last cycle (liveness) or commit (readiness) may be. */
  readonly limitSeconds: number;
  /** Committed or failed; null = none in this run. */
  readonly lastCycleEndedSecondsAgo: number | null;
  /** null = none in this run. */
  readonly lastCommitSecondsAgo: number | null;
  /** What the last cycle failed of; absent unless it failed. */
  readonly lastFailure?: string;
}

export interface HealthOptions {
  readonly clock: Clock;
  /** The interval in force now. */
  readonly intervalMillis: () => number;
  /** How long a cycle may wait for hashes; 0 by default. */
  readonly hashBudgetMillis?: number;
}

/**
 * Whether the loop lives, and whether its results are fresh: judged on the monotonic clock from the cycles that ended.
 * Neither a dead endpoint nor a full disk makes liveness fail, since a restart of procmond would mend neither: delivery
 * has no part in it, and a cycle that failed and said why has ended too.
 */
export class Health implements CollectorObserver {
  readonly #clock: Clock;
  readonly #intervalMillis: () => number;
  readonly #hashBudgetMillis: number;
  readonly #startedAtMillis: number;
  /** In force when the cycle that is due now was scheduled. */
  #scheduledIntervalMillis: number;
  #endedAtMillis: number | undefined;
  #committedAtMillis: number | undefined;
  #failure: string | undefined;

  constructor({ clock, intervalMillis, hashBudgetMillis = 0 }: HealthOptions) {
    this.#clock = clock;
    this.#intervalMillis = intervalMillis;
    this.#hashBudgetMillis = hashBudgetMillis;
    this.#startedAtMillis = clock.monotonicMillis();
    this.#scheduledIntervalMillis = intervalMillis();
  }

  cycleEnded(report: CycleReport): void {
    this.#endedAtMillis = this.#clock.monotonicMillis();
    this.#scheduledIntervalMillis = this.#intervalMillis();
    if (report.outcome === 'committed') this.#committedAtMillis = this.#endedAtMillis;
    this.#failure = report.outcome === 'failed' ? escapeForDisplay(report.message) : undefined;
  }

  /**
   * ok while a cycle ended, committed or failed, within three intervals, at least 60 s, and the time a cycle may wait for
   * hashes; before the first, counted from the start.
   */
  liveness(): HealthAnswer {
    const facts = this.#facts();
    const { lastCycleEndedSecondsAgo: ago, limitSeconds, upSeconds } = facts;
    if ((ago ?? upSeconds) > limitSeconds) {
      const since = ago === null ? `since the start ${upSeconds} s ago` : `for ${ago} s`;
      return answer('failing', `no cycle has ended ${since}, the limit is ${limitSeconds} s: the loop hangs`, facts);
    }
    if (ago === null) return answer('ok', `started ${upSeconds} s ago, the first cycle has not ended yet`, facts);
    return answer('ok', `the last cycle ended ${ago} s ago`, facts);
  }

  /** ok while the last commit of this run is no older than that. */
  readiness(): HealthAnswer {
    const facts = this.#facts();
    const { lastCommitSecondsAgo: ago, limitSeconds, upSeconds } = facts;
    if (ago === null) return answer('failing', `no cycle was committed since the start ${upSeconds} s ago`, facts);
    if (ago > limitSeconds) {
      return answer('failing', `the last commit is ${ago} s old, the limit is ${limitSeconds} s`, facts);
    }
    return answer('ok', `the last commit is ${ago} s old`, facts);
  }

  #facts(): Facts {
    const nowMillis = this.#clock.monotonicMillis();
    const ago = (thenMillis: number) => Math.max(0, Math.round(nowMillis - thenMillis)) / 1000;
    return {
      upSeconds: ago(this.#startedAtMillis),
      limitSeconds: this.#limitMillis() / 1000,
      lastCycleEndedSecondsAgo: this.#endedAtMillis === undefined ? null : ago(this.#endedAtMillis),
      lastCommitSecondsAgo: this.#committedAtMillis === undefined ? null : ago(this.#committedAtMillis),
      lastFailure: this.#failure,
    };
  }

  /** A longer interval holds at once, a shorter one when a cycle has ended under it: changing it is never a failure. */
  #limitMillis(): number {
    const intervalMillis = Math.max(this.#scheduledIntervalMillis, this.#intervalMillis());
    return Math.max(LEAST_LIMIT_MILLIS, INTERVALS * intervalMillis) + this.#hashBudgetMillis;
  }
}

interface Facts {
  readonly upSeconds: number;
  readonly limitSeconds: number;
  readonly lastCycleEndedSecondsAgo: number | null;
  readonly lastCommitSecondsAgo: number | null;
  readonly lastFailure: string | undefined;
}

function answer(status: HealthAnswer['status'], message: string, facts: Facts): HealthAnswer {
  const { limitSeconds, lastCycleEndedSecondsAgo, lastCommitSecondsAgo, lastFailure } = facts;
  return {
    status,
    message: lastFailure === undefined ? message : `${message}; the last cycle failed: ${lastFailure}`,
    limitSeconds,
    lastCycleEndedSecondsAgo,
    lastCommitSecondsAgo,
    ...(lastFailure === undefined ? {} : { lastFailure }),
  };
}
