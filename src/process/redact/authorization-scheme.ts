import { firstMatch } from './first-match.ts';
import type { Span } from './span.ts';
import { holdsSpace } from './white-space.ts';

/**
 * Authorization schemes (RFC 9110 section 11.4, RFC 6750, RFC 7617): a word, whitespace, credentials.
 * In an `Authorization` header any scheme is known by its place; elsewhere only `Bearer x` and `Basic base64` are.
 */
const ANY_SCHEME =
  /^["']?(?:bearer|basic|digest|negotiate|ntlm|token|api-?key|ssws|oauth|splunk|genie-?key|hawk|mutual|dpop|aws4-hmac-sha256)\s+(?=\S)/i;
const COMMON_SCHEME = /^["']?(?:bearer|basic)\s+(?=\S)/i;
const SCHEME_ALONE =
  /^["']?(?:bearer|basic|digest|negotiate|ntlm|token|api-?key|ssws|oauth|splunk|genie-?key|hawk|mutual|dpop|aws4-hmac-sha256)$/i;
const SCHEME_AND_CREDENTIALS = /(?<![\w-])(bearer|basic)(?:[\s+:]|%20|\\u0020){1,4}["']?([^\s"'`,;<>(){}|&]+)/gi;

const NAMES_SCHEME = /bearer|basic/i;

/** What follows the word `bearer` in prose and in option names. */
const NO_CREDENTIALS =
  /^(?:tokens?|auth|authentication|authorization|scheme|realm|formats?|type|headers?|credentials?|is|and|or|for|the|method|if|only|-.*|.*:\/\/.*)$/i;

/** Characters before the credentials in the value of an authorization header or token; 0 where it names no scheme. */
export function schemeLength(value: string, kind: 'auth' | 'token'): number {
  if (!holdsSpace(value)) return 0;
  return (kind === 'auth' ? ANY_SCHEME : COMMON_SCHEME).exec(value)?.[0].length ?? 0;
}

export function isSchemeAlone(word: string): boolean {
  return SCHEME_ALONE.test(word);
}

/** Tells whether `word`, standing after `scheme` alone, is its credentials, where no header name says so. */
export function areCredentials(scheme: string, word: string): boolean {
  return /basic$/i.test(scheme) ? isBase64(word) : !NO_CREDENTIALS.test(word) && /^(?=.*\d).{8,}$|^.{20,}$/.test(word);
}

/** Finds the credentials of every `Bearer x` and `Basic base64` in a text. */
export function findSchemeCredentials(text: string, spans: Span[]): void {
  if (!NAMES_SCHEME.test(text)) return;
  for (
    let match = firstMatch(SCHEME_AND_CREDENTIALS, text);
    match !== null;
    match = SCHEME_AND_CREDENTIALS.exec(text)
  ) {
    const [, scheme = '', credentials = ''] = match;
    const isSecret = scheme.toLowerCase() === 'basic' ? isBase64(credentials) : !NO_CREDENTIALS.test(credentials);
    const end = SCHEME_AND_CREDENTIALS.lastIndex;
    if (isSecret) spans.push({ start: end - credentials.length, end });
  }
}

/** Padded, and mixed as no English word is: a capital after the first letter, a digit, or the padding itself. */
function isBase64(word: string): boolean {
  return word.length >= 4 && word.length % 4 === 0 && /^[\w+/-]+={0,2}$/.test(word) && /^.+[A-Z\d=]/.test(word);
}
