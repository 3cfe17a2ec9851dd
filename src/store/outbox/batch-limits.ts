/** How much is taken at a time to be delivered together. */
export interface BatchLimits {
  readonly maxRecords: number;
  /** Of the rows' JSON texts. */
  readonly maxBytes: number;
  /** Whether records of several topics may come together; without it they are of one. */
  readonly acrossTopics?: boolean;
}
