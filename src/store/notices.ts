import type { Layout } from './layout.ts';

/** What happened to the store and has not been told in a record yet; as durable as the store itself. */
export type StoreNotice =
  /** What lay in the store before is in `file`, in the data directory. */
  | { readonly kind: 'state_lost'; readonly file: string; readonly atMillis: number }
  /** The file was gone from the data directory while it was open, and was written there anew from what was open. */
  | { readonly kind: 'restored'; readonly atMillis: number };

const NOTICES_KEY = 'notices';

export function noticesOf(layout: Layout): readonly StoreNotice[] {
  return (layout.meta.get(NOTICES_KEY) as readonly StoreNotice[] | undefined) ?? [];
}

/** Belongs into a transaction, as all that writes. */
export function putNotice(layout: Layout, notice: StoreNotice): void {
  layout.meta.putSync(NOTICES_KEY, [...noticesOf(layout), notice]);
}

/** To be called in the transaction that tells them. */
export function clearNotices(layout: Layout): void {
  layout.meta.removeSync(NOTICES_KEY);
}
