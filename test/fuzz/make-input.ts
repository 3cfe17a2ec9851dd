import { seededRandom } from '../fake/seeded-random.ts';
import type { FuzzTarget } from './fuzz-target.ts';

/** The input of that number: the same for the same target and seed, so that a number is all it takes to have it again. */
export function inputAt(target: FuzzTarget, seed: number, index: number): Uint8Array {
  const random = seededRandom(seed + Math.imul(index, 0x9e3779b1));
  const draw = (count: number) => Math.floor(random() * count);
  const pick = <Item>(items: readonly Item[], otherwise: Item) => items[draw(items.length)] ?? otherwise;
  // A seed as it is now and then, since the words of a target alone reach what lies deep in it.
  let input = draw(8) === 0 ? fromWords(target, draw, pick) : pick(target.seeds, NOTHING);
  const changes = draw(6);
  for (let change = 0; change < changes; change++) {
    const other = draw(2) === 0 ? pick(target.seeds, NOTHING) : Buffer.from(pick(target.words, ''), 'utf8');
    input = changed(input, other, draw, pick).subarray(0, target.maxInputBytes);
  }
  return input;
}

type Draw = (count: number) => number;
type Pick = <Item>(items: readonly Item[], otherwise: Item) => Item;

const NOTHING = new Uint8Array(0);

function fromWords(target: FuzzTarget, draw: Draw, pick: Pick): Uint8Array {
  const words = Array.from({ length: draw(40) }, () => pick(target.words, ''));
  return Buffer.from(words.join(''), 'utf8');
}

/** Bytes that mean something to somebody: ends of lines and texts, escapes, quotes, the edges of UTF-8. */
const BYTES: readonly number[] = [
  0, 9, 10, 13, 27, 32, 34, 39, 40, 41, 45, 47, 48, 57, 58, 92, 127, 128, 191, 194, 226, 237, 240, 255,
];

const NUMBERS: readonly string[] = [
  '0',
  '-1',
  '4294967295',
  '18446744073709551615',
  '9007199254740993',
  '1e309',
  '.nan',
];

function changed(input: Uint8Array, other: Uint8Array, draw: Draw, pick: Pick): Uint8Array {
  const at = draw(input.length + 1);
  const length = draw(2) === 0 ? draw(4) : draw(input.length + 1);
  const [before, piece, after] = [input.subarray(0, at), input.subarray(at, at + length), input.subarray(at + length)];
  switch (draw(9)) {
    case 0:
      return joined(before, Uint8Array.of(pick(BYTES, 0)), input.subarray(at + 1));
    case 1:
      return joined(before, Uint8Array.of(draw(256)), input.subarray(at));
    case 2:
      return joined(before, after);
    case 3:
      return joined(before, other, input.subarray(at));
    case 4:
      return joined(before, other, after);
    case 5:
      return before;
    case 6:
      return joined(before, Buffer.from(pick(NUMBERS, '0')), after);
    case 7:
      return joined(before, ...repeated(piece, draw(8)), after);
    default:
      // What takes time in proportion to the square of a length shows with this.
      return joined(
        before,
        ...repeated(draw(2) === 0 ? piece : other, draw(30) === 0 ? draw(20_000) : draw(50)),
        after,
      );
  }
}

function repeated(piece: Uint8Array, count: number): Uint8Array[] {
  const fitting = piece.length === 0 ? 0 : Math.min(count, Math.ceil(MAX_REPEATED_BYTES / piece.length));
  return Array.from({ length: fitting }, () => piece);
}

const MAX_REPEATED_BYTES = 256 * 1024;

function joined(...pieces: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(pieces);
}
