import { BUDGET_STATES, type BudgetState } from '../base/observer.ts';

/*
 * kept ──0.8──► eased ──0.95──► paused ──a minute of 1 and more──► exceeded
 *      ◄─0.6──        ◄──0.6──         ◄─────────0.9────────────
 *
 * Up at once, by the share of the budget that is used; down by one, after a while of less than what stands below.
 */
const EASE_AT = 0.8;
const PAUSE_AT = 0.95;
const EXCEED_AT = 1;
const CALM_BELOW: Readonly<Record<BudgetState, number>> = { kept: 0, eased: 0.6, paused: 0.6, exceeded: 0.9 };

/** What slowing comes to shows in the average only when all of it was taken under it. */
const SETTLE_MILLIS = 60_000;

/** How long it has to be calm; twice as long each time that taking things up again was soon too much again. */
const LEAST_CALM_MILLIS = 60_000;
const MOST_CALM_MILLIS = 16 * LEAST_CALM_MILLIS;
const SOON_MILLIS = 10 * 60_000;

/** How the budget stands. Times are of the monotonic clock. */
export interface BudgetStanding {
  readonly state: BudgetState;
  /** When `state` was entered. */
  readonly sinceMillis: number;
  /** Since when less is used than would keep it in `state`; undefined = it isn't so. */
  readonly calmSinceMillis: number | undefined;
  /** How long it has to be so. */
  readonly calmMillis: number;
  /** When work was last taken up again. */
  readonly easedOffAtMillis: number | undefined;
}

export function newStanding(atMillis: number): BudgetStanding {
  return {
    state: 'kept',
    sinceMillis: atMillis,
    calmSinceMillis: undefined,
    calmMillis: LEAST_CALM_MILLIS,
    easedOffAtMillis: undefined,
  };
}

/** @param used the greatest share of any budget: 1 = all of it */
export function nextStanding(standing: BudgetStanding, used: number, atMillis: number): BudgetStanding {
  const higher = risen(standing, used, atMillis);
  if (higher !== undefined)
    return { ...entered(standing, higher, atMillis), calmMillis: calmAfterRise(standing, atMillis) };
  if (used >= CALM_BELOW[standing.state]) return { ...standing, calmSinceMillis: undefined };
  const calmSinceMillis = standing.calmSinceMillis ?? atMillis;
  if (atMillis - calmSinceMillis < standing.calmMillis) return { ...standing, calmSinceMillis };
  const lower = BUDGET_STATES[BUDGET_STATES.indexOf(standing.state) - 1] ?? 'kept';
  return { ...entered(standing, lower, atMillis), easedOffAtMillis: atMillis };
}

function risen({ state, sinceMillis }: BudgetStanding, used: number, atMillis: number): BudgetState | undefined {
  switch (state) {
    case 'kept':
      return used >= PAUSE_AT ? 'paused' : used >= EASE_AT ? 'eased' : undefined;
    case 'eased':
      return used >= PAUSE_AT ? 'paused' : undefined;
    case 'paused':
      return used >= EXCEED_AT && atMillis - sinceMillis >= SETTLE_MILLIS ? 'exceeded' : undefined;
    case 'exceeded':
      return undefined;
  }
}

function entered(standing: BudgetStanding, state: BudgetState, atMillis: number): BudgetStanding {
  return { ...standing, state, sinceMillis: atMillis, calmSinceMillis: undefined };
}

function calmAfterRise({ easedOffAtMillis, calmMillis }: BudgetStanding, atMillis: number): number {
  if (easedOffAtMillis === undefined) return calmMillis;
  const soon = atMillis - easedOffAtMillis <= SOON_MILLIS;
  return soon ? Math.min(MOST_CALM_MILLIS, 2 * calmMillis) : LEAST_CALM_MILLIS;
}
