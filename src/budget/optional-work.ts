import type { BudgetState } from '../base/observer.ts';

/** What is done of the work that procmond can do without for a while. */
export interface OptionalWork {
  /** Files are hashed at the configured rate, at an eighth of it, or only where somebody asked for them. */
  readonly hashing: 'full' | 'eased' | 'asked';
  /** Whether a cycle waits for hashes. */
  readonly awaitHashes: boolean;
  /** What can change without an exec is read again in so many times as many cycles. */
  readonly refreshFactor: number;
  /** Whether file descriptors are counted, where they are at all. */
  readonly countFileDescriptors: boolean;
  /** With `--emit changes`, everything is told after so many times the inventory interval. */
  readonly inventoryFactor: number;
  /** As a phrase, for people; empty where nothing is slowed. */
  readonly slowed: string;
}

const PAUSED: OptionalWork = {
  hashing: 'asked',
  awaitHashes: false,
  refreshFactor: 10,
  countFileDescriptors: false,
  inventoryFactor: 2,
  slowed:
    'executables are not hashed unless asked for, the rolling refresh takes ten times as many cycles, file descriptors are not counted, an inventory of --emit changes waits for at most another interval',
};

/** What each state of the budget comes to. What procmond is for is in none of them: it is always done whole. */
export const OPTIONAL_WORK: Readonly<Record<BudgetState, OptionalWork>> = {
  kept: {
    hashing: 'full',
    awaitHashes: true,
    refreshFactor: 1,
    countFileDescriptors: true,
    inventoryFactor: 1,
    slowed: '',
  },
  eased: {
    hashing: 'eased',
    awaitHashes: true,
    refreshFactor: 4,
    countFileDescriptors: false,
    inventoryFactor: 1,
    slowed:
      'executables are hashed at an eighth of the rate, the rolling refresh takes four times as many cycles, file descriptors are not counted',
  },
  paused: PAUSED,
  exceeded: PAUSED,
};
