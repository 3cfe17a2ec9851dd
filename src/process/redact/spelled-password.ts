import { firstMatch } from './first-match.ts';
import { secretPart } from './secret-value.ts';
import type { Span } from './span.ts';
import { quotedSpan, valueSpan } from './value-extent.ts';

/**
 * Before a quoted password. SQL: `IDENTIFIED BY 'x'`, `IDENTIFIED WITH plugin BY 'x'` (MySQL), `PASSWORD 'x'` (PostgreSQL),
 * `PASSWORD('x')`. PowerShell: `ConvertTo-SecureString 'x'`, `NetworkCredential('user', 'x')`. What hashes one: `crypt("x")`.
 */
const BEFORE_QUOTE = [
  /\bidentified(?:\s{1,4}with\s{1,4}\S{1,64})?\s{1,4}by(?:\s{1,4}password)?\s{0,4}\(?(?=\\{0,7}["'])/gi,
  /\b(?:old_)?password(?:\s{1,4}|\s{0,4}\(\s{0,4})(?=\\{0,7}')/gi,
  /\bConvertTo-SecureString\s{1,4}(?:-String\s{1,4})?(?=\\{0,7}["'])/gi,
  /\bNetworkCredential\(\s{0,4}["'][^"']{1,64}["']\s{0,4},\s{0,4}(?=["'])/gi,
  /(?:crypt|hashpw|password_hash|make_password)\(\s{0,4}b?(?=\\{0,7}["'])/gi,
];
/** netrc(5): `machine h login bob password x`; debconf-set-selections(1): `package app/root_password password x`. */
const BEFORE_WORD = /(?:\blogin\s{1,4}\S{1,64}|password\S{0,32})\s{1,4}password\s{1,4}(?=\S)/gi;
/** expect(1): what is sent when a password is asked for. */
const BEFORE_SENT = /(?:assword|assphrase)[^\r\n]{0,64}?\bsend\s{1,4}(?:--\s{1,4})?(?=\\{0,7}["'])/gi;
const SENT_END = /(?:\\r|\\n)+$/;

/** Most texts hold none of these, and so nothing that is spelled. */
const MAY_SPELL = /password|passphrase|identified|securestring|networkcredential|crypt\(|hashpw/i;

/** Finds passwords that languages of words spell out. */
export function findSpelledPasswords(text: string, spans: Span[]): void {
  if (!MAY_SPELL.test(text)) return;
  for (const before of BEFORE_QUOTE) findBehind(before, text, quotedSpan, spans);
  findBehind(BEFORE_WORD, text, wordSpan, spans);
  findBehind(BEFORE_SENT, text, sentSpan, spans);
}

function findBehind(
  before: RegExp,
  text: string,
  spanAt: (text: string, from: number) => Span | undefined,
  spans: Span[],
): void {
  for (let match = firstMatch(before, text); match !== null; match = before.exec(text)) {
    const span = spanAt(text, before.lastIndex);
    if (span !== undefined) spans.push(span);
  }
}

function wordSpan(text: string, from: number): Span {
  return valueSpan(text, from, 'word');
}

function sentSpan(text: string, quote: number): Span | undefined {
  const quoted = quotedSpan(text, quote);
  if (quoted === undefined) return undefined;
  const sent = text.slice(quoted.start, quoted.end).replace(SENT_END, '');
  return secretPart('password', sent, true) && { start: quoted.start, end: quoted.start + sent.length };
}
