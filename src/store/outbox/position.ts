import type { Layout } from '../layout.ts';

/** How far the outbox has come at both of its ends. */
export interface Position {
  /** Of the next record. */
  nextSeq: number;
  /** The cursor: every number up to it has left. */
  deliveredThrough: number;
}

const SEQUENCE_KEY = 'next_seq';
const CURSOR_KEY = 'delivered_through';

export function loadPosition(layout: Layout): Position {
  return {
    nextSeq: (layout.meta.get(SEQUENCE_KEY) as number | undefined) ?? 1,
    deliveredThrough: (layout.meta.get(CURSOR_KEY) as number | undefined) ?? 0,
  };
}

export function storeNextSeq(layout: Layout, { nextSeq }: Position): void {
  layout.meta.putSync(SEQUENCE_KEY, nextSeq);
}

export function storeCursor(layout: Layout, { deliveredThrough }: Position): void {
  layout.meta.putSync(CURSOR_KEY, deliveredThrough);
}
