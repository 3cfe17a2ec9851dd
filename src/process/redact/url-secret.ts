import { firstMatch } from './first-match.ts';
import { looksRandom, secretPart } from './secret-value.ts';
import type { Span } from './span.ts';
import { isSpace } from './white-space.ts';

/**
 * Finds secrets in the user information of addresses: `scheme://user:password@host` (RFC 3986 section 3.2.1), `https://token@host`
 * and, without a scheme, `user:password@host`. Passwords stand there unescaped as often as not: with `@`, `:`, `/`, `#` in them.
 */
export function findUrlSecrets(text: string, spans: Span[]): void {
  if (text.includes('rtmp')) findStreamKeys(text, spans);
  if (!text.includes('@')) return;
  findOraclePasswords(text, spans);
  for (let colon = text.indexOf('://'); colon >= 0; ) {
    const start = colon + 3;
    const next = text.indexOf('://', start);
    const scheme = schemeBefore(text, colon);
    const url = urlIn(
      text.slice(start, next < 0 ? text.length : next - schemeBefore(text, next).length),
      text[colon - scheme.length - 1],
    );
    const secret = userInfoSecret(scheme, userInfoOf(url));
    if (secret !== undefined) spans.push({ start: start + secret.start, end: start + secret.end });
    colon = next;
  }
  findPasswordsWithoutScheme(text, spans);
}

const MAX_SCHEME_CHARACTERS = 32;

function schemeBefore(text: string, colon: number): string {
  return /[A-Za-z][A-Za-z\d+.-]*$/.exec(text.slice(Math.max(0, colon - MAX_SCHEME_CHARACTERS), colon))?.[0] ?? '';
}

/** A URL ends at whitespace, `"`, `<`, `>`, and with the quote it began with. */
function urlIn(rest: string, before: string | undefined): string {
  const stop = before === "'" ? /[\s"<>']/ : before === '`' ? /[\s"<>`]/ : /[\s"<>]/;
  const end = rest.search(stop);
  return end < 0 ? rest : rest.slice(0, end);
}

/** What stands before the `@` of the authority, `url` being what follows `://`. */
function userInfoOf(url: string): string {
  const authorityEnd = url.search(/[/?#\\]/);
  const authority = authorityEnd < 0 ? url : url.slice(0, authorityEnd);
  const at = authority.lastIndexOf('@');
  const host = authority.slice(at + 1);
  if (/^sha\d{3}:/.test(host)) return '';
  const isCutPassword =
    at < 0
      ? /^[^[:]*:(?!\d*$)/.test(authority)
      : authority.includes(':') && /^[\w-]*$/.test(host) && host !== 'localhost';
  const lastAt = isCutPassword && (at < 0 || url[authorityEnd] !== '?') ? url.lastIndexOf('@') : at;
  return url.slice(0, Math.max(0, lastAt));
}

function userInfoSecret(scheme: string, userInfo: string): Span | undefined {
  if (userInfo === '') return undefined;
  const colon = userInfo.indexOf(':');
  if (colon < 0) return isUserName(scheme, userInfo) ? undefined : wholeSecret(userInfo, 0);
  const password = userInfo.slice(colon + 1);
  if (password === '' || password === 'x-oauth-basic')
    return looksRandom(userInfo.slice(0, colon)) ? { start: 0, end: colon } : undefined;
  return wholeSecret(password, colon + 1);
}

function wholeSecret(value: string, offset: number): Span | undefined {
  const part = secretPart('password', value, false);
  return part && { start: offset + part.start, end: offset + part.end };
}

/** Over HTTP a name without a password is mostly a token; elsewhere (ssh, sftp) it is mostly a name. */
function isUserName(scheme: string, name: string): boolean {
  return /https?$/i.test(scheme) ? name.length <= 20 && /^[A-Za-z][a-z._-]*\d{0,4}$/.test(name) : !looksRandom(name);
}

/** Before the colon: no user, but what kind of name follows it. */
const KIND_OF_NAME =
  /(?:^|[^A-Za-z])(?:mailto|to|from|cc|bcc|sips?|xmpp|acct|email|npm|pkg|user|users|u|group|g|serviceaccount|member|domain|principal|owner|id)$/i;
const UNIT = /\.(?:service|socket|timer|target|mount|scope|slice|device|swap|path|automount)$/;

function findPasswordsWithoutScheme(text: string, spans: Span[]): void {
  let end = 0;
  for (let first = text.indexOf('@'); first >= 0; first = text.indexOf('@', end)) {
    let start = first;
    while (start > end && !isWordEnd(text.charCodeAt(start - 1))) start -= 1;
    end = first;
    while (end < text.length && !isWordEnd(text.charCodeAt(end))) end += 1;
    const secret = passwordInWord(text.slice(start, end));
    if (secret !== undefined) spans.push({ start: start + secret.start, end: start + secret.end });
  }
}

/** White space, a quote, `<`, `>`. */
function isWordEnd(code: number): boolean {
  return isSpace(code) || code === 0x22 || code === 0x27 || code === 0x60 || code === 0x3c || code === 0x3e;
}

function passwordInWord(word: string): Span | undefined {
  const at = word.lastIndexOf('@');
  const colon = word.indexOf(':');
  if (colon <= 0 || colon > at || word.includes('://') || !isHost(word.slice(at + 1))) return undefined;
  const password = word.slice(colon + 1, at);
  const isName = password.length < 4 || password.includes('/') || /^[a-z._-]*$/.test(password);
  if (isName || KIND_OF_NAME.test(word.slice(Math.max(0, colon - 32), colon))) return undefined;
  return wholeSecret(password, colon + 1);
}

function isHost(text: string): boolean {
  const host = /^[\w.-]*/.exec(text)?.[0] ?? '';
  return (
    GO_ADDRESS.test(text) ||
    host === 'localhost' ||
    /^\d+\.\d+\.\d+\.\d+$/.test(host) ||
    (/\.[A-Za-z]{2,24}$/.test(host) && !UNIT.test(host))
  );
}

/** A data source of Go's MySQL driver: `user:password@tcp(host:3306)/db`. */
const GO_ADDRESS = /^(?:tcp|tcp6|unix|cloudsql)?\(/;

/** `jdbc:oracle:thin:user/password@//host` */
const ORACLE_PASSWORD = /jdbc:oracle:(?:thin|oci8?):[\w"$#.-]{1,64}\/([^@\s"']{1,128})@/gi;

function findOraclePasswords(text: string, spans: Span[]): void {
  if (!text.includes('jdbc:')) return;
  for (let match = firstMatch(ORACLE_PASSWORD, text); match !== null; match = ORACLE_PASSWORD.exec(text)) {
    const end = ORACLE_PASSWORD.lastIndex - 1;
    spans.push({ start: end - (match[1] ?? '').length, end });
  }
}

/** Who knows the last part of such an address can broadcast in somebody's name. */
const STREAM_KEY = /rtmps?:\/\/[\w.:-]{1,256}(?:\/[\w.-]{1,64}){1,4}\/(?=[\w-]*\d)([\w-]{16,})(?![\w./-])/g;

function findStreamKeys(text: string, spans: Span[]): void {
  for (let match = firstMatch(STREAM_KEY, text); match !== null; match = STREAM_KEY.exec(text)) {
    const end = STREAM_KEY.lastIndex;
    spans.push({ start: end - (match[1] ?? '').length, end });
  }
}
