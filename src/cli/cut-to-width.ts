import stringWidth from 'string-width';

/** How many cells of a terminal a text takes that was escaped for display: wide characters take two, marks none. */
export function cellsOf(text: string): number {
  return stringWidth(text, { countAnsiEscapeCodes: true });
}

/** The text where it fits into `cells`, or its beginning and the ellipsis. No character is cut in two. */
export function cutToWidth(text: string, cells: number, ellipsis: string): string {
  // One more than fits is enough to tell, and spares the search through what is mostly ASCII.
  const isAscii = PRINTABLE_ASCII.test(text.slice(0, cells + 1));
  if (isAscii ? text.length <= cells : cellsOf(text) <= cells) return text;
  const room = cells - cellsOf(ellipsis);
  if (room < 0) return '';
  return `${text.slice(0, isAscii ? room : endWithin(text, room))}${ellipsis}`;
}

const PRINTABLE_ASCII = /^[ -~]*$/;
const GRAPHEMES = new Intl.Segmenter();

/** Where the part of a text ends that takes at most so many cells. */
function endWithin(text: string, cells: number): number {
  let used = 0;
  for (const { segment, index } of GRAPHEMES.segment(text)) {
    used += cellsOf(segment);
    if (used > cells) return index;
  }
  return text.length;
}
