import { ProcmondError } from '../../base/errors.ts';
import { ArgumentReader } from './argument-secrets.ts';
import { CustomPatterns } from './custom-patterns.ts';
import { KEY_BYTES, keyId, type Mark, secretMark } from './fingerprint.ts';
import type { Hide } from './joined-arguments.ts';
import { REDACTED } from './mark.ts';
import type { Redacted } from './redacted.ts';
import { replaceSpans, type Span } from './span.ts';
import { isSuspicious } from './suspicion.ts';
import { DEFAULT_TEXT_LIMITS, type TextLimits, textLimits, textLimitsId } from './text-limits.ts';
import { findTextSecrets } from './text-secrets.ts';

export { DEFAULT_TEXT_LIMITS, KEY_BYTES, REDACTED, type Redacted, type TextLimits };

/** How much of a command line is kept: the program alone, everything but its secrets, everything. */
export type CommandLineMode = 'none' | 'redacted' | 'full';

/** Bumped when the output for any input may differ; stored with what was redacted. */
export const REDACTOR_VERSION: number = 3;

/** Longest argument or text that is read; what is behind it is hidden unread. */
export const MAX_TEXT_CHARACTERS = 16 * 1024;

export interface RedactorOptions {
  /** 32 random bytes: equal secrets get equal marks, `[redacted:3f9a2c41]`. Without a key all marks are `[redacted]`. */
  readonly key?: Uint8Array | undefined;
  /** Regular expressions (RE2): what they match is hidden too, or only what their first group matches. */
  readonly patterns?: readonly string[];
  /** Whatever is not given is as usual. */
  readonly limits?: Partial<TextLimits>;
}

export interface Redactor {
  /** Version of the redactor, mode, patterns, limits and the id of the key: equal versions give equal output. */
  readonly version: string;
  /** How much whoever reads a text keeps of what comes out: redaction needs it whole, so it is cut afterwards. */
  readonly limits: TextLimits;
  /** Mode `none` keeps the first argument alone. */
  arguments(args: readonly string[]): Redacted<readonly string[]>;
  /** One free text: a path, command name or cgroup path. */
  text(text: string): Redacted<string>;
  /** A command line or title in one text; mode `none` keeps nothing of it. */
  commandText(text: string): Redacted<string | undefined>;
}

/**
 * What is redacted is given back unchanged by a second time, and texts without secrets are given back as they are, by identity.
 * @throws {ProcmondError} CONFIG_INVALID for a pattern that is no regular expression, or a key of another length
 */
export function createRedactor(mode: CommandLineMode, options: RedactorOptions = {}): Redactor {
  const { key, patterns = [] } = options;
  const limits = textLimits(options.limits);
  if (key !== undefined && key.length !== KEY_BYTES)
    throw new ProcmondError('CONFIG_INVALID', `a redaction key has ${KEY_BYTES} bytes, this one has ${key.length}`);
  const custom = new CustomPatterns(patterns);
  if (mode === 'full')
    return { version: versionOf(mode, limits), limits, arguments: unchanged, text: unchanged, commandText: unchanged };
  const redaction = new Redaction(custom, secretMark(key));
  const version = versionOf(mode, limits, custom, key);
  const text = (input: string) => redaction.text(input);
  if (mode === 'redacted')
    return { version, limits, arguments: (args) => redaction.arguments(args), text, commandText: text };
  return { version, limits, arguments: (args) => redaction.arguments(args.slice(0, 1)), text, commandText: nothing };
}

function versionOf(mode: CommandLineMode, limits: TextLimits, custom?: CustomPatterns, key?: Uint8Array): string {
  const limitsId = textLimitsId(limits);
  const kept = limitsId === undefined ? '' : `:kept=${limitsId}`;
  const patterns = custom?.id === undefined ? '' : `:patterns=${custom.id}`;
  return `${REDACTOR_VERSION}:${mode}${kept}${patterns}${key === undefined ? '' : `:key=${keyId(key)}`}`;
}

function unchanged<T>(value: T): Redacted<T> {
  return { value, redactions: 0 };
}

function nothing(): Redacted<undefined> {
  return { value: undefined, redactions: 0 };
}

class Redaction {
  readonly #custom: CustomPatterns;
  readonly #mark: Mark;

  constructor(custom: CustomPatterns, mark: Mark) {
    this.#custom = custom;
    this.#mark = mark;
  }

  arguments(args: readonly string[]): Redacted<readonly string[]> {
    let reader = new ArgumentReader();
    const once = (value: readonly string[]) => {
      const spansOf: SpansOfArguments = [];
      const short = withinLimit(value);
      // What is cut may come to be what it was before its secrets were replaced.
      if (short !== value) reader = new ArgumentReader();
      reader.read(short, hideIn(spansOf));
      this.#custom.findInArguments(short, hideIn(spansOf));
      return this.#replace(value, short, spansOf);
    };
    return settle(args, once, (each) => each.map(() => REDACTED));
  }

  text(text: string): Redacted<string> {
    return settle(
      text,
      (value) => this.#textOnce(value),
      () => REDACTED,
    );
  }

  #replace(args: readonly string[], short: readonly string[], spansOf: SpansOfArguments): Redacted<readonly string[]> {
    if (spansOf.length === 0 && short === args) return unchanged(args);
    let redactions = 0;
    const value = short.map((arg, index) => {
      const spans = spansOf[index];
      if (arg !== args[index]) redactions += 1;
      if (spans === undefined) return arg;
      const redacted = replaceSpans(arg, spans, this.#mark);
      redactions += redacted.redactions;
      return redacted.value;
    });
    return redactions === 0 ? { value: args, redactions } : { value, redactions };
  }

  #textOnce(text: string): Redacted<string> {
    const short = shortText(text);
    const spans: Span[] = [];
    if (isSuspicious(short)) findTextSecrets(short, 'words', spans);
    this.#custom.find(short, spans);
    const { value, redactions } = replaceSpans(short, spans, this.#mark);
    return { value, redactions: redactions + (short === text ? 0 : 1) };
  }
}

type SpansOfArguments = (Span[] | undefined)[];

function hideIn(spansOf: SpansOfArguments): Hide {
  return (argument, span) => {
    const spans = spansOf[argument];
    if (spans === undefined) spansOf[argument] = [span];
    else spans.push(span);
  };
}

function withinLimit(args: readonly string[]): readonly string[] {
  return args.some((arg) => arg.length > MAX_TEXT_CHARACTERS) ? args.map(shortText) : args;
}

/**
 * Without what is behind the limit, and a little more: marks are longer than most secrets, and should find room. A
 * surrogate pair is not cut in two.
 */
function shortText(text: string): string {
  if (text.length <= MAX_TEXT_CHARACTERS) return text;
  const end = MAX_TEXT_CHARACTERS - ROOM_CHARACTERS;
  const isInPair = (text.charCodeAt(end - 1) & 0xfc00) === 0xd800;
  return text.slice(0, isInPair ? end - 1 : end) + REDACTED;
}

const ROOM_CHARACTERS = 1024;

/**
 * Where a secret is gone, what stood around it may read as another one. So what was redacted is redacted again until nothing changes;
 * ordinary input takes one such proof. What is made to go on for long is hidden whole.
 */
function settle<T>(input: T, redactOnce: (value: T) => Redacted<T>, hideWhole: (value: T) => T): Redacted<T> {
  let value = input;
  let redactions = 0;
  for (let pass = 0; pass < MAX_PASSES; pass += 1) {
    const redacted = redactOnce(value);
    if (redacted.redactions === 0) return { value, redactions };
    value = redacted.value;
    redactions += redacted.redactions;
  }
  return { value: hideWhole(value), redactions };
}

const MAX_PASSES = 8;
