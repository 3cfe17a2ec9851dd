/**
 * Quotes as shells, JSON and program text write them. A quote is its character and the backslashes before it: in a shell
 * inside a shell `\"` opens and `\"` closes, while a `"` with fewer backslashes closes what is around it.
 */
export interface Quote {
  readonly character: string;
  readonly backslashes: number;
}

const BACKSLASH = 0x5c;
const MAX_BACKSLASHES = 7;

export function isQuoteCharacter(character: string | undefined): boolean {
  return character === '"' || character === "'" || character === '`';
}

/** The quote that begins at `index`, backslashes included. */
export function quoteAt(text: string, index: number): Quote | undefined {
  let at = index;
  while (text.charCodeAt(at) === BACKSLASH && at - index < MAX_BACKSLASHES) at += 1;
  const character = text[at];
  return character !== undefined && isQuoteCharacter(character) ? { character, backslashes: at - index } : undefined;
}

/** The quote whose character stands at `index`, with the backslashes before it, none of them before `floor`. */
export function quoteEndingAt(text: string, index: number, floor: number): Quote | undefined {
  const character = text[index];
  if (character === undefined || !isQuoteCharacter(character)) return undefined;
  return { character, backslashes: backslashesBefore(text, index, floor) };
}

export function quoteLength(quote: Quote): number {
  return quote.backslashes + 1;
}

/** Offset of the quote that closes a text beginning at `from`, backslashes included; -1 where it is never closed. */
export function closingQuote(text: string, from: number, quote: Quote): number {
  for (let at = text.indexOf(quote.character, from); at >= 0; at = text.indexOf(quote.character, at + 1)) {
    const backslashes = backslashesBefore(text, at, from);
    if (quote.backslashes === 0 && backslashes % 2 === 0) return at;
    if (quote.backslashes > 0 && backslashes <= quote.backslashes) return at - backslashes;
  }
  return -1;
}

function backslashesBefore(text: string, index: number, floor: number): number {
  let at = index;
  while (at > floor && index - at < MAX_BACKSLASHES && text.charCodeAt(at - 1) === BACKSLASH) at -= 1;
  return index - at;
}
