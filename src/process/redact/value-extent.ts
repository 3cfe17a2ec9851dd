import { closingQuote, isQuoteCharacter, type Quote, quoteAt, quoteLength } from './quote.ts';
import type { Span } from './span.ts';
import { isSpace } from './white-space.ts';

const CLOSERS = ';,)]}\'"`\\';
const QUERY_STOP = /[&#\s<>]/g;
const SEMICOLON_STOP = /[;\r\n]/g;
const COMMA_STOP = /[,\r\n]/g;
const COMMA_OR_SPACE_STOP = /[,\s]/g;
const BRACKET_STOP = /[,)}\]>\s]/g;

const MAX_BRACED_CHARACTERS = 1024;

/** What ends a value, by the character before its name: a list's separator, whitespace, a quote or bracket around it. */
export type ValueEnd = 'rest' | 'word' | 'quote' | 'query' | 'semicolon' | 'comma' | 'comma or space' | 'bracket';

/** The value that begins at `from`. Of one in quotes, what they enclose; `enclosing` is the quote that `end` `quote` looks for. */
export function valueSpan(text: string, from: number, end: ValueEnd, enclosing?: Quote): Span {
  if (end === 'rest') return { start: from, end: text.length };
  const quoted = quotedSpan(text, from);
  if (quoted !== undefined && isDelimiter(text, quoted.end + 1)) return quoted;
  switch (end) {
    case 'word':
      return { start: from, end: withoutClosers(text, from, endOfWord(text, from)) };
    case 'quote':
      return { start: from, end: orEnd(text, enclosing === undefined ? -1 : closingQuote(text, from, enclosing)) };
    case 'query':
      return stoppedSpan(text, from, QUERY_STOP);
    case 'semicolon':
      return bracedSpan(text, from) ?? stoppedSpan(text, from, SEMICOLON_STOP);
    case 'comma':
      return stoppedSpan(text, from, COMMA_STOP);
    case 'comma or space':
      return stoppedSpan(text, from, COMMA_OR_SPACE_STOP);
    case 'bracket':
      return stoppedSpan(text, from, BRACKET_STOP);
  }
}

/** What the quote at `from` encloses, to the end of the text where it is not closed; undefined where there is no quote. */
export function quotedSpan(text: string, from: number): Span | undefined {
  const quote = quoteAt(text, from);
  if (quote === undefined) return undefined;
  const start = from + quoteLength(quote);
  return { start, end: orEnd(text, closingQuote(text, start, quote)) };
}

/** End of the shell word at `from`: at whitespace outside of quotes that is not escaped, or at the quote around the word. */
export function endOfWord(text: string, from: number): number {
  let at = from;
  while (at < text.length && !isSpace(text.charCodeAt(at))) {
    if (text[at] === '\\' && quoteAt(text, at) === undefined) {
      at += 2;
      continue;
    }
    const quote = quoteAt(text, at);
    if (quote === undefined) {
      at += 1;
      continue;
    }
    const inside = at + quoteLength(quote);
    if (at > from && isDelimiter(text, inside) && !isQuotedQuote(text, inside, quote)) return at;
    const close = closingQuote(text, inside, quote);
    at = close < 0 ? text.length : close + quoteLength(quote);
  }
  return Math.min(at, text.length);
}

/** `"'"`: how a shell word that is in `'` holds one. */
function isQuotedQuote(text: string, inside: number, quote: Quote): boolean {
  return isQuoteCharacter(text[inside]) && text[inside + 1] === quote.character;
}

/** `{…}` or `[…]` with its brackets balanced, quotes left out of account; undefined where it is not closed. */
export function compositeSpan(text: string, from: number): Span | undefined {
  let depth = 0;
  for (let at = from; at < text.length; at += 1) {
    const character = text[at];
    if (character === '{' || character === '[') depth += 1;
    else if (character === '}' || character === ']') depth -= 1;
    if (depth === 0) return at === from ? undefined : { start: from, end: at + 1 };
  }
  return undefined;
}

/** ODBC: `PWD={a;b};` */
function bracedSpan(text: string, from: number): Span | undefined {
  if (text[from] !== '{') return undefined;
  const length = text.slice(from, from + MAX_BRACED_CHARACTERS).indexOf('}') + 1;
  return length > 0 && isDelimiter(text, from + length) ? { start: from, end: from + length } : undefined;
}

function stoppedSpan(text: string, from: number, stop: RegExp): Span {
  stop.lastIndex = from;
  const end = stop.exec(text)?.index ?? text.length;
  return { start: from, end: withoutClosers(text, from, end) };
}

/** Quotes and brackets at the end belong to what is around the value, unless they open within it. */
export function withoutClosers(text: string, from: number, end: number): number {
  let last = end;
  while (last > from && CLOSERS.includes(text[last - 1] ?? '')) {
    const opener = OPENER_OF.get(text[last - 1] ?? '');
    if (opener !== undefined && text.slice(from, last - 1).includes(opener)) return last;
    last -= 1;
  }
  return last;
}

const OPENER_OF: ReadonlyMap<string, string> = new Map([
  [')', '('],
  [']', '['],
  ['}', '{'],
  ['"', '"'],
  ["'", "'"],
  ['`', '`'],
]);

function isDelimiter(text: string, index: number): boolean {
  return index >= text.length || isSpace(text.charCodeAt(index)) || `${CLOSERS}&|<>:`.includes(text[index] ?? '');
}

function orEnd(text: string, index: number): number {
  return index < 0 ? text.length : index;
}
