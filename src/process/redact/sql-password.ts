import type { Span } from './span.ts';
import { quotedSpan } from './value-extent.ts';

/** `IDENTIFIED BY 'x'`, `IDENTIFIED WITH plugin BY 'x'` (MySQL), `PASSWORD 'x'` (PostgreSQL), `PASSWORD('x')`, `OLD_PASSWORD('x')`. */
const BEFORE_PASSWORD =
  /\b(?:identified(?:\s{1,4}with\s{1,4}\S{1,64})?\s{1,4}by(?:\s{1,4}password)?\s{0,4}\(?(?=\\{0,7}["'])|(?:old_)?password(?:\s{1,4}|\s{0,4}\(\s{0,4})(?=\\{0,7}'))/gi;

export function findSqlPasswords(text: string, spans: Span[]): void {
  for (const match of text.matchAll(BEFORE_PASSWORD)) {
    const span = quotedSpan(text, match.index + match[0].length);
    if (span !== undefined) spans.push(span);
  }
}
