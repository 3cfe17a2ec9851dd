import {
  AUTH_WORDS,
  AUTHORIZATION_WORD,
  CODE_WORDS,
  CONNECTION_STRING_WORDS,
  COOKIE_WORD,
  CREDENTIAL_WORDS,
  FILE_KEY_WORDS,
  JWT_WORD,
  KEY_WORD,
  LAST_OF_TWO,
  LOOKS_LIKE_PASSWORD_BUT_IS_NOT,
  NAMED_SECRET_WORDS,
  NEUTRAL_AFTER,
  NOT_A_VALUE_BEFORE,
  NOT_ABOUT_THE_SECRET_ITSELF,
  OPEN_KEY_WORD,
  OPEN_KEY_WORDS,
  OPEN_TOKEN_WORDS,
  PASS_WORD,
  PASSWORD_WORD,
  RANDOM_WORDS,
  SECRET_KEY_WORDS,
  SESSION_ID_WORD,
  TELLING,
  TOKEN_WORD,
  WEBHOOK_AFTER,
} from './secret-vocabulary.ts';

/**
 * What a telling name says about its value, and so which values are taken for secrets:
 * `password` any; `token` any, behind a scheme such as `Bearer`; `tokens` any but a count; `pass` any but an ffmpeg pass or the
 * place a password is read from; `file` any but the name of a file; `cookie` likewise; `auth` any but a method, of `user:password`
 * the password; `random` only what looks drawn at random; `code` only digits; `address` only what holds a `/`;
 * `directory` any but a path.
 */
export type SecretKind =
  | 'password'
  | 'token'
  | 'tokens'
  | 'pass'
  | 'file'
  | 'cookie'
  | 'auth'
  | 'random'
  | 'code'
  | 'address'
  | 'directory';

export interface SecretName {
  readonly kind: SecretKind;
  /** a name such as `no-password` or `max-tokens`: as a flag it takes no secret from the next argument */
  readonly negated: boolean;
}

/** The longest part of a name that is read, in characters: what counts stands at its end. */
const MAX_NAME_CHARACTERS = 128;

/** Tells whether `name` (of a flag, variable, field, header, parameter) is that of a secret. */
export function secretName(name: string): SecretName | undefined {
  if (!TELLING.test(name)) return undefined;
  const tail = name.length > MAX_NAME_CHARACTERS ? name.slice(-MAX_NAME_CHARACTERS) : name;
  const verdict = judgeSpelling(tail);
  return verdict === undefined || NO_SECRET_NAME.test(tail) ? undefined : verdict;
}

/** Judges by the words between signs; where letters change their case, by the words that begin there first. */
function judgeSpelling(name: string): SecretName | undefined {
  const byCase = CAMEL_CASE.test(name) ? judge(nameWords(name.replaceAll(CAMEL_CASE_BREAK, '$1$2 '))) : 'unknown';
  if (byCase !== 'unknown') return byCase;
  const verdict = judge(nameWords(name));
  return verdict === 'unknown' ? undefined : verdict;
}

/**
 * Whole names that are not what they look like: AWS's name of a secret (Vault's `secret_id`, with an underscore, is one),
 * AWS's tokens that make a request unique, the name of an etcd cluster, the id of a PGP key, the name of a QEMU object.
 */
const NO_SECRET_NAME =
  /^(?:secret-id|client-token|client-request-token|initial-cluster-token|user\.signing-?key|(?:[\w.-]+\.)?key-secret|password-secret)$/i;
const CAMEL_CASE = /[a-z0-9][A-Z]|[A-Z][A-Z][a-z]/;
const CAMEL_CASE_BREAK = /([a-z0-9])(?=[A-Z])|([A-Z])(?=[A-Z][a-z])/g;

function nameWords(name: string): readonly string[] {
  const lower = name.toLowerCase();
  const text = lower.includes('%5') ? lower.replaceAll(/%5[bd]/g, '.') : lower;
  const words: string[] = [];
  let start = 0;
  for (let at = 0; at <= text.length; at += 1) {
    const code = text.charCodeAt(at);
    if ((code >= 0x61 && code <= 0x7a) || (code >= 0x30 && code <= 0x39)) continue;
    if (at > start) words.push(text.slice(start, at));
    start = at + 1;
  }
  return words;
}

const NONE: readonly string[] = [];

/** The last word that names a secret decides; undefined where a word says that the value is something about it. */
function judge(words: readonly string[]): SecretName | undefined | 'unknown' {
  for (let index = words.length - 1; index >= 0; index -= 1) {
    const noun = nounAt(words, index);
    if (noun === 'open') return undefined;
    if (noun === undefined) continue;
    const after = index + 1 === words.length ? NONE : words.slice(index + 1);
    if (noun.mustBeLast && !after.every((word) => NEUTRAL_AFTER.test(word))) continue;
    if (noun.kind === 'address' && !after.every((word) => WEBHOOK_AFTER.has(word))) return undefined;
    if (noun.kind !== 'address' && after.some((word) => NOT_ABOUT_THE_SECRET_ITSELF.has(word))) return undefined;
    return { kind: noun.kind, negated: words.slice(0, index).some((word) => NOT_A_VALUE_BEFORE.has(word)) };
  }
  return 'unknown';
}

interface Noun {
  readonly kind: SecretKind;
  readonly mustBeLast: boolean;
}

function nounAt(words: readonly string[], index: number): Noun | 'open' | undefined {
  const numbered = words[index] ?? '';
  const word = withoutNumber(numbered);
  const previous = words[index - 1] ?? '';
  if (isOpen(previous, word)) return 'open';
  const exact = EXACT_NOUNS.get(word);
  if (exact !== undefined) return exact;
  if (word === 'key' || word === 'keys') return keyNoun(previous);
  if (LAST_OF_TWO.has(word)) return nounOfTwo(previous, word);
  if (!TELLING.test(word) || LOOKS_LIKE_PASSWORD_BUT_IS_NOT.has(word)) return undefined;
  if (OPEN_KEY_WORD.test(word)) return 'open';
  return NOUN_ENDINGS.find(([ending]) => ending.test(word))?.[1];
}

const PASSWORD: Noun = { kind: 'password', mustBeLast: false };
const TOKEN: Noun = { kind: 'token', mustBeLast: false };
const LAST_TOKEN: Noun = { kind: 'token', mustBeLast: true };
const CREDENTIAL: Noun = { kind: 'file', mustBeLast: false };
const COOKIE: Noun = { kind: 'cookie', mustBeLast: true };
const AUTH: Noun = { kind: 'auth', mustBeLast: true };
const CONNECTION_STRING: Noun = { kind: 'password', mustBeLast: true };
const RANDOM: Noun = { kind: 'random', mustBeLast: true };
const PASS: Noun = { kind: 'pass', mustBeLast: true };

const EXACT_NOUNS: ReadonlyMap<string, Noun> = new Map<string, Noun>([
  ['password', PASSWORD],
  ['token', TOKEN],
  ['secret', TOKEN],
  ['cookie', COOKIE],
  ['jwt', LAST_TOKEN],
  ['tokens', { kind: 'tokens', mustBeLast: false }],
  ['pwd', { kind: 'directory', mustBeLast: false }],
  ['oldpwd', { kind: 'directory', mustBeLast: false }],
  ['webhook', { kind: 'address', mustBeLast: false }],
  ['webhooks', { kind: 'address', mustBeLast: false }],
  ...[...CREDENTIAL_WORDS].map((word): [string, Noun] => [word, CREDENTIAL]),
  ...[...AUTH_WORDS].map((word): [string, Noun] => [word, AUTH]),
  ...[...CONNECTION_STRING_WORDS].map((word): [string, Noun] => [word, CONNECTION_STRING]),
  ...[...RANDOM_WORDS].map((word): [string, Noun] => [word, RANDOM]),
  ...[...CODE_WORDS].map((word): [string, Noun] => [word, { kind: 'code', mustBeLast: true }]),
]);

const NOUN_ENDINGS: readonly (readonly [ending: RegExp, noun: Noun])[] = [
  [PASSWORD_WORD, PASSWORD],
  [JWT_WORD, LAST_TOKEN],
  [TOKEN_WORD, TOKEN],
  [PASS_WORD, PASS],
  [AUTHORIZATION_WORD, AUTH],
  [COOKIE_WORD, COOKIE],
  [SESSION_ID_WORD, RANDOM],
  [KEY_WORD, RANDOM],
];

function isOpen(previous: string, word: string): boolean {
  switch (word) {
    case 'key':
    case 'keys':
      return OPEN_KEY_WORDS.has(previous);
    case 'token':
    case 'tokens':
      return OPEN_TOKEN_WORDS.has(previous);
    case 'secret':
    case 'secrets':
      return NAMED_SECRET_WORDS.has(previous);
    default:
      return false;
  }
}

function nounOfTwo(previous: string, word: string): Noun | undefined {
  if (word === 'id') return previous === 'secret' ? LAST_TOKEN : previous === 'session' ? RANDOM : undefined;
  if (word === 'phrase') return previous === 'seed' ? CONNECTION_STRING : undefined;
  return previous === 'connection' || previous === 'conn' ? CONNECTION_STRING : undefined;
}

/** `password2` is `password`; a number of three digits is part of a word (`sha256`). */
function withoutNumber(word: string): string {
  const end = isDigit(word, word.length - 1) ? word.length - (isDigit(word, word.length - 2) ? 2 : 1) : word.length;
  return end > 0 && !isDigit(word, end - 1) ? word.slice(0, end) : word;
}

function isDigit(text: string, index: number): boolean {
  const code = text.charCodeAt(index);
  return code >= 0x30 && code <= 0x39;
}

function keyNoun(previous: string): Noun {
  if (SECRET_KEY_WORDS.has(previous)) return TOKEN;
  return FILE_KEY_WORDS.has(previous) ? CREDENTIAL : RANDOM;
}
