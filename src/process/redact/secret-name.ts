import {
  AUTH_WORDS,
  CODE_WORDS,
  COOKIE_WORD,
  CREDENTIAL_WORDS,
  FILE_KEY_WORDS,
  LAST_OF_TWO,
  LOOKS_LIKE_PASSWORD_BUT_IS_NOT,
  NEUTRAL_AFTER,
  NOT_A_VALUE_BEFORE,
  NOT_ABOUT_THE_SECRET_ITSELF,
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
  const tail = name.slice(-MAX_NAME_CHARACTERS);
  if (tail.toLowerCase() === 'secret-id') return undefined; // the name of a secret in AWS; Vault's secret, `secret_id`, has an underscore
  const verdict = judge(nameWords(tail));
  if (!/[A-Z]/.test(tail)) return verdict === 'unknown' ? undefined : verdict;
  const camelCaseVerdict = judge(nameWords(tail.replaceAll(/([a-z0-9])(?=[A-Z])|([A-Z])(?=[A-Z][a-z])/g, '$1$2 ')));
  if (camelCaseVerdict !== 'unknown') return camelCaseVerdict;
  return verdict === 'unknown' ? undefined : verdict;
}

function nameWords(name: string): readonly string[] {
  const lower = name.toLowerCase();
  return (lower.includes('%5') ? lower.replaceAll(/%5[bd]/g, '.') : lower).match(/[a-z0-9]+/g) ?? [];
}

/** The last word that names a secret decides; undefined where a word says that the value is something about it. */
function judge(words: readonly string[]): SecretName | undefined | 'unknown' {
  for (let index = words.length - 1; index >= 0; index -= 1) {
    const noun = nounAt(words, index);
    if (noun === undefined) continue;
    const after = words.slice(index + 1);
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

function nounAt(words: readonly string[], index: number): Noun | undefined {
  const numbered = words[index] ?? '';
  if (!TELLING.test(numbered) && !LAST_OF_TWO.has(numbered)) return undefined;
  const word = withoutNumber(numbered);
  const previous = words[index - 1] ?? '';
  if (LOOKS_LIKE_PASSWORD_BUT_IS_NOT.has(word)) return undefined;
  if (word === 'pwd' || word === 'oldpwd') return { kind: 'directory', mustBeLast: false };
  if (PASSWORD_WORD.test(word)) return { kind: 'password', mustBeLast: false };
  if (word === 'tokens') return { kind: 'tokens', mustBeLast: false };
  if (TOKEN_WORD.test(word)) return { kind: 'token', mustBeLast: word.endsWith('jwt') };
  if (word === 'key' || word === 'keys') return keyNoun(previous);
  if (CREDENTIAL_WORDS.has(word)) return { kind: 'file', mustBeLast: false };
  if (PASS_WORD.test(word)) return { kind: 'pass', mustBeLast: true };
  if (AUTH_WORDS.test(word)) return { kind: 'auth', mustBeLast: true };
  if (COOKIE_WORD.test(word)) return { kind: 'cookie', mustBeLast: true };
  if (CODE_WORDS.has(word)) return { kind: 'code', mustBeLast: true };
  if (word === 'webhook' || word === 'webhooks') return { kind: 'address', mustBeLast: false };
  if (isConnectionString(previous, word)) return { kind: 'password', mustBeLast: true };
  if (previous === 'seed' && word === 'phrase') return { kind: 'password', mustBeLast: true };
  if (previous === 'secret' && word === 'id') return { kind: 'token', mustBeLast: true };
  if (previous === 'session' && word === 'id') return { kind: 'random', mustBeLast: true };
  if (RANDOM_WORDS.has(word) || SESSION_ID_WORD.test(word)) return { kind: 'random', mustBeLast: true };
  return undefined;
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
  if (SECRET_KEY_WORDS.has(previous)) return { kind: 'token', mustBeLast: false };
  if (FILE_KEY_WORDS.has(previous)) return { kind: 'file', mustBeLast: false };
  return { kind: 'random', mustBeLast: true };
}

function isConnectionString(previous: string, word: string): boolean {
  if (word === 'connectionstring' || word === 'connstring' || word === 'connstr') return true;
  return (previous === 'connection' || previous === 'conn') && (word === 'string' || word === 'str');
}
