import { type AssignmentName, nameBefore } from './assignment-name.ts';
import { isColonOfMark } from './mark.ts';
import { isQuoteCharacter, quoteEndingAt } from './quote.ts';
import { type SecretKind, type SecretName, secretName } from './secret-name.ts';
import { secretPart } from './secret-value.ts';
import { TELLING } from './secret-vocabulary.ts';
import type { Span } from './span.ts';
import type { TextNature } from './text-nature.ts';
import { compositeSpan, type ValueEnd, valueSpan } from './value-extent.ts';
import { isSpace, skipSpaces } from './white-space.ts';

/**
 * Values that are no secret are read again from the next separator on. A text made to be costly by that, with thousands of telling
 * names before one long value, is hidden from where it has cost this many times its length.
 */
const MAX_COST_PER_CHARACTER = 16;
const FREE_CHARACTERS = 4096;

/** Finds secrets behind their names: `name=value`, `"name": "value"`, `Name: value`, in lists, queries, JSON, shell and program text. */
export function findAssignedSecrets(text: string, nature: TextNature, spans: Span[]): void {
  const isKey = holdsJsonWebKey(text);
  if (!isKey && !TELLING.test(text)) return;
  const source = { text, nature, isKey };
  let cost = 0;
  let floor = 0;
  for (let at = nextSeparator(text, 0); at < text.length; at = nextSeparator(text, Math.max(at + 1, floor))) {
    const assignment = assignmentAt(source, at, floor);
    if (assignment === undefined) continue;
    const { value, secret } = assignment;
    cost += value.end - value.start;
    if (cost > FREE_CHARACTERS + MAX_COST_PER_CHARACTER * text.length) {
      spans.push({ start: value.start, end: text.length });
      return;
    }
    if (secret === undefined) continue;
    spans.push(secret);
    floor = value.end;
  }
}

interface AssignmentText {
  readonly text: string;
  readonly nature: TextNature;
  /** It holds a key in JSON, whose parts have names of one letter. */
  readonly isKey: boolean;
}

interface Assignment {
  readonly value: Span;
  readonly secret: Span | undefined;
}

/** JWK (RFC 7517): `kty` says what kind of key it is. */
function holdsJsonWebKey(text: string): boolean {
  return text.includes('"kty"');
}

/** RFC 7518 section 6: the parts of keys that are private. */
const PRIVATE_PART = /^(?:k|d|p|q|dp|dq|qi)$/;
const PRIVATE_KEY: SecretName = { kind: 'password', negated: false };

const EQUALS = 0x3d;
const COLON = 0x3a;

function nextSeparator(text: string, from: number): number {
  for (let at = from; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === EQUALS || (code === COLON && !isColonOfMark(text, at))) return at;
  }
  return text.length;
}

function assignmentAt(source: AssignmentText, separator: number, floor: number): Assignment | undefined {
  const { text, nature } = source;
  const name = nameBefore(text, separator, floor);
  if (name === undefined) return undefined;
  const known = secretName(name.text) ?? nameInPair(text, name) ?? privatePart(source, name);
  if (known === undefined) return undefined;
  const value =
    text[separator] === '='
      ? valueAfterEquals(text, nature, name, separator)
      : valueAfterColon(text, nature, name, known, separator);
  if (value === undefined) return undefined;
  const content = text.slice(value.start, value.end);
  const expands = nature === 'script' && text[value.start - 1] !== "'";
  const isNone = (known.negated && /^\d+$/.test(content)) || (expands && text[value.start - 1] === '`');
  const part = isNone ? undefined : secretPart(known.kind, content, expands);
  return { value, secret: part && { start: value.start + part.start, end: value.start + part.end } };
}

function privatePart({ isKey }: AssignmentText, name: AssignmentName): SecretName | undefined {
  return isKey && name.isQuoted && PRIVATE_PART.test(name.text) ? PRIVATE_KEY : undefined;
}

/** `{"name": "DB_PASSWORD", "value": "x"}`, as Kubernetes and ECS have it: the name is the value before. */
function nameInPair(text: string, name: AssignmentName): SecretName | undefined {
  if (!name.isQuoted || name.text.toLowerCase() !== 'value') return undefined;
  const comma =
    name.start - 1 - (/\s{0,16}$/.exec(text.slice(Math.max(0, name.start - 16), name.start))?.[0].length ?? 0);
  const before = text[comma] === ',' ? nameBefore(text, comma, 0) : undefined;
  return before?.isQuoted === true ? secretName(before.text) : undefined;
}

/** `=`, `==`, `=>`, with spaces around where the name has one too. */
function valueAfterEquals(text: string, nature: TextNature, name: AssignmentName, separator: number): Span {
  const next = text[separator + 1];
  const isLong = next === '>' || (next === '=' && name.isSpaced);
  const from = isLong || name.isSpaced ? skipSpaces(text, separator + (isLong ? 2 : 1)) : separator + 1;
  return valueAt(text, nature, name, from);
}

function valueAfterColon(
  text: string,
  nature: TextNature,
  name: AssignmentName,
  known: SecretName,
  separator: number,
): Span | undefined {
  const after = separator + 1;
  if (text[after] === ':' || text[separator - 1] === ':') return undefined;
  if (text[after] === '=') return valueAt(text, nature, name, skipSpaces(text, after + 1));
  if (name.isQuoted) return jsonValue(text, known.kind, skipSpaces(text, after));
  if (!TOLD_BY_COLON.has(known.kind)) return undefined;
  if (after < text.length && !isSpace(text.charCodeAt(after)))
    return valueGluedToColon(text, nature, name, known.kind, after);
  const isOneOfManyWords = name.start === 0 ? nature !== 'value' : isSpace(text.charCodeAt(name.start - 1));
  return isOneOfManyWords ? undefined : valueAt(text, nature, name, skipSpaces(text, after)); // words are read by command-secrets
}

const TOLD_BY_COLON: ReadonlySet<SecretKind> = new Set(['password', 'token', 'pass', 'file', 'cookie', 'auth']);

/** `name:value`: not the tag of an image, the right-hand side of a mount, a verb (`token:revoke`). */
function valueGluedToColon(
  text: string,
  nature: TextNature,
  name: AssignmentName,
  kind: SecretKind,
  from: number,
): Span | undefined {
  if (text[from] === '/' || (kind === 'auth' && !/authori[sz]ation$/i.test(name.text))) return undefined;
  const before = text[name.start - 1];
  const isFlag =
    text[name.start] === '-' || (before === '/' && (name.start === 1 || isSpace(text.charCodeAt(name.start - 2))));
  if (!isFlag && before !== undefined && !isSpace(before.charCodeAt(0)) && !`"'\`{([,;&?=|`.includes(before))
    return undefined;
  const value = valueAt(text, nature, name, from);
  const isFirst = before === undefined || isQuoteCharacter(before) || isSpace(before.charCodeAt(0));
  const isVerb =
    isFirst && !isFlag && name.text !== 'pass' && /^[a-z][a-z._:-]*$/.test(text.slice(value.start, value.end));
  return isVerb || (isFlag && WHERE_TO_READ.test(text.slice(value.start, value.end))) ? undefined : value;
}

/** `keytool -storepass:env NAME` */
const WHERE_TO_READ = /^(?:env|file)$/;

function jsonValue(text: string, kind: SecretKind, from: number): Span | undefined {
  const isComposite = text[from] === '{' || text[from] === '[';
  if (!isComposite) return valueSpan(text, from, 'bracket');
  if (kind === 'auth' || kind === 'random') return undefined;
  const composite = compositeSpan(text, from) ?? { start: from, end: text.length };
  return composite.end - composite.start <= 2 ? undefined : composite;
}

function valueAt(text: string, nature: TextNature, name: AssignmentName, from: number): Span {
  const end = endByNeighbour(text, nature, name);
  return valueSpan(text, from, end, end === 'quote' ? quoteEndingAt(text, name.start - 1, 0) : undefined);
}

function endByNeighbour(text: string, nature: TextNature, name: AssignmentName): ValueEnd {
  const before = text[name.start - 1];
  const isWhole = nature === 'value';
  if (before === undefined) return isWhole ? 'rest' : 'word';
  if (isSpace(before.charCodeAt(0))) return 'word';
  if (name.isQuoted || '({[<'.includes(before)) return 'bracket';
  if (isQuoteCharacter(before)) return isScriptFlagBefore(text, name.start - 1) ? 'word' : 'quote';
  if ('&?#'.includes(before)) return 'query';
  if (before === ';') return isWhole || isInConnectionString(text, name.start - 1) ? 'semicolon' : 'word';
  if (before === ',') return isWhole ? 'comma' : 'comma or space';
  return isWhole ? 'rest' : 'word';
}

/** `sh -c "NAME=value command"`: the quote is around a script. */
function isScriptFlagBefore(text: string, quote: number): boolean {
  return /-[a-z]{0,8}c\s{1,3}\\{0,7}$/.test(text.slice(Math.max(0, quote - 24), quote));
}

/** The part before `semicolon` is `key=value`, as in `Server=x;Password=y z;`. */
function isInConnectionString(text: string, semicolon: number): boolean {
  const part = text.slice(Math.max(0, semicolon - 64), semicolon);
  return /^[^-][^;]*=/.test(part.slice(part.lastIndexOf(';') + 1));
}
