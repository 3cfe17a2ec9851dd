import { endOfLastMark, markAround } from './mark.ts';
import { isQuoteCharacter, quoteEndingAt, quoteLength } from './quote.ts';
import { isSpace } from './white-space.ts';

/** The name before a `=` or `:`. */
export interface AssignmentName {
  readonly text: string;
  /** offset of its first character, dashes of a flag and an opening quote included */
  readonly start: number;
  /** `"name": value`, `['name'] = value` */
  readonly isQuoted: boolean;
  /** whitespace stands between it and the separator */
  readonly isSpaced: boolean;
}

const MAX_NAME_CHARACTERS = 128;
const MAX_SPACES = 3;

/** Reads the name that ends before `separator`, nothing of it before `floor`; undefined where there is none. */
export function nameBefore(text: string, separator: number, floor: number): AssignmentName | undefined {
  let end = separator;
  while (end > floor && separator - end < MAX_SPACES && isSpace(text.charCodeAt(end - 1))) end -= 1;
  const isSpaced = end < separator;
  const quoted = quotedNameBefore(text, end, floor);
  if (quoted !== undefined) return { ...quoted, isSpaced };
  const start = afterMark(text, startOfName(text, end, floor), end);
  if (start === end) return undefined;
  return { text: bareName(text.slice(start, end)), start, isQuoted: false, isSpaced };
}

function quotedNameBefore(
  text: string,
  end: number,
  floor: number,
): { text: string; start: number; isQuoted: true } | undefined {
  const last = text[end - 1] === ']' && isQuoteCharacter(text[end - 2]) ? end - 2 : end - 1;
  const quote = last > floor ? quoteEndingAt(text, last, floor) : undefined;
  if (quote === undefined) return undefined;
  const nameEnd = last + 1 - quoteLength(quote);
  const nameStart = startOfName(text, nameEnd, floor);
  const opening = nameStart - quoteLength(quote);
  if (nameStart === nameEnd || opening < floor || text[nameStart - 1] !== quote.character) return undefined;
  return { text: bareName(text.slice(nameStart, nameEnd)), start: opening, isQuoted: true };
}

function startOfName(text: string, end: number, floor: number): number {
  let start = end;
  while (start > floor && end - start < MAX_NAME_CHARACTERS && isNameCharacter(text.charCodeAt(start - 1))) start -= 1;
  return start;
}

/** What follows a mark, which is made of name characters for the most part and part of no name. */
function afterMark(text: string, start: number, end: number): number {
  const from = Math.min(end, markAround(text, start)?.end ?? start);
  return from + endOfLastMark(text.slice(from, end));
}

/** Without the dashes of a flag and the `D` of `-Dname=value`. */
function bareName(name: string): string {
  if (name.startsWith('-D') && name.length > 2) return name.slice(2);
  let start = 0;
  while (name.charCodeAt(start) === 0x2d || name.charCodeAt(start) === 0x2e) start += 1;
  return start === 0 ? name : name.slice(start);
}

/** Letters, digits and `_ - . [ ] %`, as in `user[password]`, `spring.mail.password`, `user%5Bpassword%5D`. */
function isNameCharacter(code: number): boolean {
  const lower = code | 0x20;
  if (lower >= 0x61 && lower <= 0x7a) return true;
  if (code >= 0x30 && code <= 0x39) return true;
  return code === 0x2d || code === 0x5f || code === 0x2e || code === 0x5b || code === 0x5d || code === 0x25;
}
