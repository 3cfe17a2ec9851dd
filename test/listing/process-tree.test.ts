import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProcessEvent } from '../../src/event/process-event.ts';
import { MOST_GENERATIONS, processTree, type TreeGlyphs } from '../../src/listing/process-tree.ts';
import { processOf } from './process-of.ts';

const GLYPHS: TreeGlyphs = { child: '+-', lastChild: '`-', line: '| ', blank: '  ', ellipsis: '~' };

/** Written as `pid<ppid`; `*` marks those that are selected. */
interface Story {
  readonly title: string;
  readonly list: string;
  readonly lines: readonly string[];
}

const STORIES: readonly Story[] = [
  { title: 'nothing', list: '', lines: [] },
  { title: 'roots, whose parent is not there', list: '1<0 9<8', lines: ['1', '9'] },
  {
    title: 'children, the last one apart, their lines going on past grandchildren',
    list: '1<0 2<1 3<2 4<2 5<1 6<5',
    lines: ['1', '+-2', '| +-3', '| `-4', '`-5', '  `-6'],
  },
  {
    title: 'siblings and roots in the order they come in',
    list: '9<0 5<1 1<0 7<1 3<1',
    lines: ['9', '1', '+-5', '+-7', '`-3'],
  },
  { title: 'a parent that comes after its child', list: '3<2 2<1 1<0', lines: ['1', '`-2', '  `-3'] },
  { title: 'a process that is its own parent', list: '1<1 2<1', lines: ['1', '`-2'] },
  { title: 'a circle of two, its first one the root', list: '1<0 5<6 6<5', lines: ['1', '5', '`-6'] },
  {
    title: 'a circle of three with a tail, each once',
    list: '7<9 8<7 9<8 10<9',
    lines: ['7', '`-8', '  `-9', '    `-10'],
  },
  {
    title: 'what is selected, and all above it',
    list: '1<0 2<1 3<2* 4<2 5<1 6<5',
    lines: ['(1)', '`-(2)', '  `-3'],
  },
  {
    title: 'a selected one above another',
    list: '1<0 2<1* 3<2 4<3* 5<0',
    lines: ['(1)', '`-2', '  `-(3)', '    `-4'],
  },
  { title: 'a selected one on a circle', list: '5<6* 6<5', lines: ['5', '`-(6)'] },
];
for (const { title, list, lines } of STORIES) {
  test(`keeps the tree: ${title}`, () => {
    const { processes, selected } = parse(list);
    const tree = processTree(processes, { selected, glyphs: GLYPHS });
    assert.deepEqual(
      tree.map(({ process, guides, selected: meant }) => `${guides}${meant ? process.pid : `(${process.pid})`}`),
      lines,
    );
  });
}

test('keeps a chain of a hundred thousand forks a tree, at a cost that does not grow with its square', () => {
  const depth = 100_000;
  const chain = Array.from({ length: depth }, (_, index) => processOf({ pid: index + 1, ppid: index }));
  const tree = processTree(chain, { glyphs: GLYPHS });
  assert.deepEqual(
    tree.map(({ process }) => process),
    chain,
  );
  const longest = MOST_GENERATIONS * GLYPHS.blank.length;
  assert.ok(tree.every(({ guides }) => guides.length <= longest + GLYPHS.lastChild.length));
  assert.equal(tree[MOST_GENERATIONS]?.guides, `${'  '.repeat(MOST_GENERATIONS - 1)}\`-`);
  assert.match(tree.at(-1)?.guides ?? '', /^~ +`-$/);
});

function parse(list: string) {
  const processes: ProcessEvent[] = [];
  const selected = new Set<ProcessEvent>();
  for (const [, pid, ppid, star] of list.matchAll(/(\d+)<(\d+)(\*?)/g)) {
    const process = processOf({ pid: Number(pid), ppid: Number(ppid) });
    processes.push(process);
    if (star === '*') selected.add(process);
  }
  return { processes, selected: selected.size === 0 ? undefined : selected };
}
