/** What a column would like to have, in cells. */
export interface ColumnNeed {
  /** Its widest cell. */
  readonly natural: number;
  /** How few will do; `natural` where nothing may be cut. */
  readonly least: number;
  /** Its place among those that go when there is no room, 0 the first; undefined = it stays. */
  readonly dropRank?: number | undefined;
}

/**
 * How many cells each column gets of `width`, undefined for one that is dropped. Columns are dropped, in their order, until
 * the least of all others has room; what is then left is shared so that those who need little get it, and the rest the same.
 */
export function fitColumns(
  needs: readonly ColumnNeed[],
  { width, gap }: { readonly width: number; readonly gap: number },
): readonly (number | undefined)[] {
  const kept = new Set(needs);
  const overhang = () => sum([...kept].map(({ least }) => least)) + gap * (kept.size - 1) - width;
  for (const need of inDropOrder(needs)) {
    if (overhang() <= 0) break;
    kept.delete(need);
  }
  const cells = share([...kept], Math.max(0, -overhang()));
  return needs.map((need) => cells.get(need));
}

function inDropOrder(needs: readonly ColumnNeed[]): readonly ColumnNeed[] {
  const rank = ({ dropRank = Number.POSITIVE_INFINITY }: ColumnNeed) => dropRank;
  return needs.filter(({ dropRank }) => dropRank !== undefined).sort((a, b) => rank(a) - rank(b));
}

/** Gives `spare` cells to those that want more than their least, the most modest first. */
function share(needs: readonly ColumnNeed[], spare: number): ReadonlyMap<ColumnNeed, number> {
  const modestFirst = needs.toSorted((a, b) => a.natural - a.least - (b.natural - b.least));
  const cells = new Map<ColumnNeed, number>();
  let left = spare;
  for (const [index, need] of modestFirst.entries()) {
    const more = Math.min(need.natural - need.least, Math.floor(left / (modestFirst.length - index)));
    cells.set(need, need.least + more);
    left -= more;
  }
  return cells;
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
