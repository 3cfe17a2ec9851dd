import type { Span } from './span.ts';
import { quotedSpan, valueSpan } from './value-extent.ts';

/** `IDENTIFIED BY 'x'`, `IDENTIFIED WITH plugin BY 'x'` (MySQL), `PASSWORD 'x'` (PostgreSQL), `PASSWORD('x')`, `OLD_PASSWORD('x')`. */
const SQL_BEFORE_QUOTE =
  /\b(?:identified(?:\s{1,4}with\s{1,4}\S{1,64})?\s{1,4}by(?:\s{1,4}password)?\s{0,4}\(?(?=\\{0,7}["'])|(?:old_)?password(?:\s{1,4}|\s{0,4}\(\s{0,4})(?=\\{0,7}'))/gi;
/** netrc(5): `machine h login bob password x` */
const NETRC_BEFORE_PASSWORD = /\blogin\s{1,4}\S{1,64}\s{1,4}password\s{1,4}(?=\S)/gi;

/** Finds passwords that languages of words spell out. */
export function findSpelledPasswords(text: string, spans: Span[]): void {
  for (const match of text.matchAll(SQL_BEFORE_QUOTE)) {
    const span = quotedSpan(text, match.index + match[0].length);
    if (span !== undefined) spans.push(span);
  }
  for (const match of text.matchAll(NETRC_BEFORE_PASSWORD))
    spans.push(valueSpan(text, match.index + match[0].length, 'word'));
}
