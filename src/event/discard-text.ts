/** Records that will not be delivered: `count` numbers of the topic within [first, last]. */
export interface DiscardSum {
  readonly topic: string;
  readonly reason: keyof typeof DISCARD_REASONS;
  readonly count: number;
  readonly first: number;
  readonly last: number;
}

const DISCARD_REASONS = {
  outbox_full: 'the outbox was full',
  expired: 'they waited longer than --outbox-max-age allows',
  dead_letter: 'the endpoint refuses them',
  damaged: 'what the store holds of them is damaged',
} as const;

/** One sentence for the record that tells it, the log and the status. */
export function discardText({ topic, reason, count, first, last }: DiscardSum): string {
  return (
    `${count} records of ${topic} with sequence numbers from ${first} to ${last} ` +
    `will not be delivered: ${DISCARD_REASONS[reason]}`
  );
}
