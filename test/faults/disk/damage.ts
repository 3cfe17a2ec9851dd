import { closeSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { seededRandom } from '../../fake/seeded-random.ts';

const PAGE = 4096;

interface OpenFile {
  readonly descriptor: number;
  readonly pages: number;
  readonly random: () => number;
}

/** What failing disks, cables, memory and people do to a file. */
const DAMAGES: readonly ((file: OpenFile) => void)[] = [
  function flipBitsOfMetas(file) {
    for (let count = below(file, 4); count >= 0; count--) flip(file, below(file, 2) * PAGE + below(file, 0xb0));
  },
  function flipBitsOfPageHeads(file) {
    for (let count = below(file, 6); count >= 0; count--) flip(file, aPage(file) * PAGE + below(file, 64));
  },
  function flipBitsAnywhere(file) {
    for (let count = below(file, 40); count >= 0; count--) flip(file, below(file, file.pages * PAGE));
  },
  function overwritePageHeads(file) {
    for (let count = below(file, 3); count >= 0; count--) {
      write(file, aPage(file) * PAGE + below(file, 30), Buffer.from([0xff, 0xff, below(file, 256)]));
    }
  },
  function cutAtPage({ descriptor, ...file }) {
    ftruncateSync(descriptor, below(file, file.pages) * PAGE);
  },
  function cutAnywhere({ descriptor, ...file }) {
    ftruncateSync(descriptor, below(file, file.pages * PAGE));
  },
  function zeroPages(file) {
    for (let count = below(file, 4); count >= 0; count--) write(file, aPage(file) * PAGE, Buffer.alloc(PAGE));
  },
  function zeroTail(file) {
    const from = below(file, file.pages);
    write(file, from * PAGE, Buffer.alloc((file.pages - from) * PAGE));
  },
  function misdirectWrite(file) {
    write(file, aPage(file) * PAGE, read(file, aPage(file) * PAGE));
  },
  function swapPages(file) {
    const [one, two] = [aPage(file) * PAGE, aPage(file) * PAGE];
    const before = read(file, one);
    write(file, one, read(file, two));
    write(file, two, before);
  },
  function tearWrite(file) {
    write(file, aPage(file) * PAGE + 512, read(file, aPage(file) * PAGE + 512).subarray(0, 512));
  },
  function beRubbish(file) {
    write(file, 2 * PAGE, Buffer.from(Array.from({ length: PAGE * 4 }, () => below(file, 256))));
  },
];

/** Damages the file in one of the ways above; the same for the same seed. @returns which way */
export function damage(path: string, seed: number): string {
  const descriptor = openSync(path, 'r+');
  try {
    const pages = Math.floor(fstatSync(descriptor).size / PAGE);
    const way = DAMAGES[seed % DAMAGES.length] as (typeof DAMAGES)[number];
    way({ descriptor, pages, random: seededRandom(seed) });
    return way.name;
  } finally {
    closeSync(descriptor);
  }
}

export const DAMAGE_COUNT: number = DAMAGES.length;

function below({ random }: Pick<OpenFile, 'random'>, bound: number): number {
  return Math.floor(random() * bound);
}

/** Not a meta page. */
function aPage(file: Pick<OpenFile, 'random' | 'pages'>): number {
  return 2 + below(file, file.pages - 2);
}

function flip(file: OpenFile, position: number): void {
  const [byte = 0] = read(file, position);
  write(file, position, Buffer.from([byte ^ (1 << below(file, 8))]));
}

function read({ descriptor }: OpenFile, position: number): Buffer {
  const bytes = Buffer.alloc(PAGE);
  readSync(descriptor, bytes, 0, PAGE, position);
  return bytes;
}

function write({ descriptor }: OpenFile, position: number, bytes: Buffer): void {
  writeSync(descriptor, bytes, 0, bytes.length, position);
}
