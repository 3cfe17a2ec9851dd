import type { ProcessEvent } from '../event/process-event.ts';

/** A line of the tree. */
export interface TreeLine {
  readonly process: ProcessEvent;
  /** What connects it with its parent, to be written before it; empty for a root. */
  readonly guides: string;
  /** False for one that is only there because a process below it is meant. */
  readonly selected: boolean;
}

/** How guides are drawn: four texts of one width. */
export interface TreeGlyphs {
  readonly child: string;
  readonly lastChild: string;
  readonly line: string;
  readonly blank: string;
  /** Stands for the guides of generations that are left out. */
  readonly ellipsis: string;
}

/**
 * Beyond so many generations only the nearest are drawn: a chain of forks, as deep as anybody cares to make it, would cost
 * the square of its depth.
 */
export const MOST_GENERATIONS = 40;

/**
 * Children below their parents; siblings, and roots, stay in the order they come in. Roots are the processes whose parent
 * is not in the list. Where `selected` is given, it and everything above it is shown. Every process comes once, also where
 * parents go in a circle, as in a table that was read while it changed.
 */
export function processTree(
  processes: readonly ProcessEvent[],
  { selected, glyphs }: { readonly selected?: ReadonlySet<ProcessEvent> | undefined; readonly glyphs: TreeGlyphs },
): readonly TreeLine[] {
  const byPid = new Map(processes.map((process) => [process.pid, process]));
  const shown = selected === undefined ? processes : withAncestors(processes, selected, byPid);
  const shownPids = new Set(shown.map(({ pid }) => pid));
  const children = Map.groupBy(shown, ({ ppid }) => ppid);
  const roots = shown.filter(({ ppid }) => !shownPids.has(ppid));
  const drawn = new Set<ProcessEvent>();
  const lines: TreeLine[] = [];
  // What no root leads to hangs on a circle: the first of it is made a root.
  for (const root of [...roots, ...shown]) {
    if (drawn.has(root)) continue;
    for (const { process, guides } of drawBelow(root, { children, drawn, glyphs })) {
      lines.push({ process, guides, selected: selected === undefined || selected.has(process) });
    }
  }
  return lines;
}

function withAncestors(
  processes: readonly ProcessEvent[],
  selected: ReadonlySet<ProcessEvent>,
  byPid: ReadonlyMap<number, ProcessEvent>,
): readonly ProcessEvent[] {
  const kept = new Set<ProcessEvent>();
  for (const process of selected) {
    let ancestor: ProcessEvent | undefined = process;
    while (ancestor !== undefined && !kept.has(ancestor)) {
      kept.add(ancestor);
      ancestor = byPid.get(ancestor.ppid);
    }
  }
  return processes.filter((process) => kept.has(process));
}

interface Drawing {
  readonly children: ReadonlyMap<number, readonly ProcessEvent[]>;
  /** Those that have their line, or are about to get it. */
  readonly drawn: Set<ProcessEvent>;
  readonly glyphs: TreeGlyphs;
}

interface DrawnProcess {
  readonly process: ProcessEvent;
  readonly guides: string;
  /** What its children's guides begin with. */
  readonly below: string;
}

/** One root and what is below it, parents first; a stack of its own, since the depth is anybody's choice. */
function* drawBelow(root: ProcessEvent, { children, drawn, glyphs }: Drawing): Generator<DrawnProcess> {
  const waiting: DrawnProcess[] = [{ process: root, guides: '', below: '' }];
  drawn.add(root);
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    yield next;
    const { process, below } = next;
    const fresh = (children.get(process.pid) ?? []).filter((child) => !drawn.has(child));
    for (const [index, child] of fresh.toReversed().entries()) {
      drawn.add(child);
      const isLast = index === 0;
      waiting.push({
        process: child,
        guides: `${below}${isLast ? glyphs.lastChild : glyphs.child}`,
        below: nearestGenerations(`${below}${isLast ? glyphs.blank : glyphs.line}`, glyphs),
      });
    }
  }
}

function nearestGenerations(guides: string, { line, ellipsis }: TreeGlyphs): string {
  const mostLength = MOST_GENERATIONS * line.length;
  if (guides.length <= mostLength) return guides;
  return `${ellipsis}${guides.slice(line.length - mostLength)}`;
}
