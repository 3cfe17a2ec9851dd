/** What a cycle does beside what has to be done, while procmond saves. It makes some of what is told older, never wrong. */
export interface OptionalWork {
  /** What can change without an exec is read again in so many times as many cycles. */
  readonly refreshFactor: number;
  /** Whether file descriptors are counted, where the configuration asks for it. */
  readonly countFileDescriptors: boolean;
  /** With `emit: 'changes'`, everything is told after so many times the inventory interval. */
  readonly inventoryFactor: number;
  /** Whether a cycle waits for hashes that are being made. */
  readonly awaitHashes: boolean;
}

export const ALL_WORK: OptionalWork = {
  refreshFactor: 1,
  countFileDescriptors: true,
  inventoryFactor: 1,
  awaitHashes: true,
};
