import { nameBefore } from './assignment-name.ts';
import { areCredentials, isSchemeAlone } from './authorization-scheme.ts';
import { CommandTracker } from './command-tracker.ts';
import type { CommandWord, CommandWords } from './command-word.ts';
import { PipedEcho } from './piped-echo.ts';
import type { ValueForm } from './program-secrets.ts';
import { type SecretKind, secretName } from './secret-name.ts';
import { passwordAfter, secretPart } from './secret-value.ts';
import type { Span } from './span.ts';
import { endsInAwsKeyId, isAwsSecret } from './token-shape.ts';

/** Takes a secret part of the argument with that index. */
export type Hide = (argument: number, span: Span) => void;

/**
 * Finds secrets that one word tells of and another word is: `--password x`, `Authorization: Bearer x`, `mysql -px`,
 * `curl -u user:x`, `echo x | sudo -S`. `expands` says that a shell will replace `$NAME`.
 */
export function findCommandSecrets(words: CommandWords, expands: boolean, hide: Hide): void {
  const reader = new CommandReader(words, expands, hide);
  for (let word = words.next(); word !== undefined; word = words.next()) reader.read(word);
}

const HEADER_KINDS: ReadonlySet<SecretKind> = new Set(['password', 'token', 'file', 'cookie', 'auth']);
/** Before `NAME VALUE`: `aws configure set`, `setx`, `bwrap --setenv`, `jq --arg`. */
const SETTER = /^(?:set|setx|setenv|--setenv|--set-env|--arg)$/i;
const FLAG = /^--?(\w[\w.-]*)$/;
/** A password may begin with a dash too; a flag has letters behind it, or a letter and a number, or a `=`. */
const LOOKS_LIKE_FLAG = /^--?$|^--[A-Za-z]|^-[A-Za-z](?:\d*$|[A-Za-z-]*$|[\w-]*=)/;

class CommandReader {
  readonly #words: CommandWords;
  readonly #expands: boolean;
  readonly #hide: Hide;
  readonly #tracker = new CommandTracker();
  readonly #echo = new PipedEcho();
  #previous: CommandWord | undefined;

  constructor(words: CommandWords, expands: boolean, hide: Hide) {
    this.#words = words;
    this.#expands = expands;
    this.#hide = hide;
  }

  read(word: CommandWord): void {
    const isProgram = this.#tracker.follow(word);
    for (const echoed of this.#echo.follow(word, this.#tracker.program, isProgram)) this.#hide(word.argument, echoed);
    if (!isProgram) this.#readArgument(word);
    this.#readHeader(word.text);
    this.#previous = word;
  }

  #readArgument(word: CommandWord): void {
    if (this.#readProgramFlag(word)) return;
    if (word.text === '<<<' && this.#echo.readsSecret) this.#readValue('password');
    const told = this.#kindToldBy(word.text);
    if (told !== undefined) this.#readValue(told);
    this.#readScheme(word.text);
    this.#readAwsSecret(word);
    if (word.text.startsWith('-')) this.#tracker.countAfter(word.text);
    else this.#readPosition(word);
  }

  #readProgramFlag(word: CommandWord): boolean {
    const found = this.#tracker.flagSecret(word.text);
    if (found === undefined) return false;
    const { secret, gluedAfter } = found;
    const value = gluedAfter === undefined ? this.#takeValue() : this.#words.takeGlued(word, gluedAfter);
    if (value !== undefined) this.#hideForm(secret.form, value);
    return true;
  }

  /** The kind of the value that the next word is, where this word is a flag or variable that names a secret. */
  #kindToldBy(text: string): SecretKind | undefined {
    if (text === '=') return secretName(this.#previous?.text ?? '')?.kind;
    const flag = FLAG.exec(text)?.[1];
    if (flag === undefined && !this.#isSetting(text)) return undefined;
    const name = secretName(flag ?? text);
    return name?.negated === true ? undefined : name?.kind;
  }

  #isSetting(text: string): boolean {
    if (text.startsWith('-') || text.includes('=')) return false;
    return SETTER.test(this.#previous?.text ?? '') || (text.includes('.') && this.#tracker.hasSubcommand('config'));
  }

  #readValue(kind: SecretKind): void {
    const value = this.#words.peekValue();
    if (value === undefined || looksLikeFlag(value)) return;
    if (this.#hideKind(kind, value)) this.#words.skip();
  }

  /** `Name:` or `Authorization: Bearer` at the end of a word: the value is in the words after it. */
  #readHeader(text: string): void {
    const kind = headerKind(text.slice(-64));
    if (kind === undefined) return;
    for (
      let value = this.#words.peekValue();
      value !== undefined && !looksLikeFlag(value);
      value = this.#words.peekValue()
    ) {
      this.#words.skip();
      if (isSchemeAlone(value.text)) continue;
      this.#hideKind(kind, value);
      if (!value.text.endsWith(';')) return;
    }
  }

  #readScheme(text: string): void {
    if (!/^(?:bearer|basic)$/i.test(text)) return;
    const value = this.#words.peekValue();
    if (value !== undefined && areCredentials(text, value.text)) this.#hide(value.argument, value);
  }

  #readAwsSecret(word: CommandWord): void {
    if (!endsInAwsKeyId(word.text)) return;
    const next = this.#words.peekValue();
    for (const neighbour of [this.#previous, next]) {
      if (neighbour !== undefined && isAwsSecret(neighbour.text)) this.#hide(neighbour.argument, neighbour);
    }
  }

  #readPosition(word: CommandWord): void {
    const form = this.#tracker.positionalForm(word.text);
    if (form !== undefined && !/^[\w-]+=/.test(word.text)) this.#hideForm(form, this.#words.takeGlued(word, 0));
  }

  #takeValue(): CommandWord | undefined {
    const value = this.#words.peekValue();
    if (value === undefined || looksLikeFlag(value)) return undefined;
    this.#words.skip();
    return value;
  }

  #hideKind(kind: SecretKind, value: CommandWord): boolean {
    const part = secretPart(kind, value.text, this.#expands);
    if (part !== undefined)
      this.#hide(value.argument, { start: value.start + part.start, end: value.start + part.end });
    return part !== undefined;
  }

  #hideForm(form: ValueForm, value: CommandWord): void {
    const part = formPart(form, value.text);
    if (part === undefined) return;
    const secret = secretPart('password', value.text.slice(part.start, part.end), this.#expands);
    if (secret !== undefined)
      this.#hide(value.argument, { start: value.start + part.start, end: value.start + part.end });
  }
}

function headerKind(tail: string): SecretKind | undefined {
  const colon = tail.lastIndexOf(':');
  if (colon < 0) return undefined;
  const rest = tail.slice(colon + 1).trim();
  if (rest !== '' && !isSchemeAlone(rest)) return undefined;
  const name = nameBefore(tail, colon, 0);
  const kind = name && secretName(name.text)?.kind;
  return kind !== undefined && HEADER_KINDS.has(kind) ? kind : undefined;
}

function formPart(form: ValueForm, value: string): Span | undefined {
  switch (form) {
    case 'secret':
      return { start: 0, end: value.length };
    case 'reference':
      return undefined;
    case 'user:password':
      return passwordAfter(':', value);
    case 'user%password':
      return passwordAfter('%', value);
    case 'user,password':
      return passwordAfter(',', value);
    case 'user/password': {
      const password = /^[\w"$#.-]+\/([^@]+)/.exec(value);
      return password === null
        ? undefined
        : { start: password[0].length - (password[1] ?? '').length, end: password[0].length };
    }
  }
}

function looksLikeFlag(value: CommandWord): boolean {
  return !value.isQuoted && LOOKS_LIKE_FLAG.test(value.text);
}
