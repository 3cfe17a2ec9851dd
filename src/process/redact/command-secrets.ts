import { nameBefore } from './assignment-name.ts';
import { areCredentials, isSchemeAlone } from './authorization-scheme.ts';
import { CommandTracker } from './command-tracker.ts';
import type { CommandWord, CommandWords } from './command-word.ts';
import { firstMatch } from './first-match.ts';
import type { Hide } from './joined-arguments.ts';
import { PipedEcho } from './piped-echo.ts';
import type { ValueForm } from './program-rule.ts';
import { type SecretKind, secretName } from './secret-name.ts';
import { isNoPassword, looksRandom, passwordAfter, secretPart } from './secret-value.ts';
import type { Span } from './span.ts';
import { endsInAwsKeyId, isAwsSecret } from './token-shape.ts';

/** What `findCommandSecrets` says of the arguments. */
export interface CommandFindings {
  readonly hide: Hide;
  /** The argument holds the name of a secret behind a telling flag: what looks assigned in it is none. */
  readonly keep?: (argument: number) => void;
}

/**
 * Finds secrets that one word tells of and another word is: `--password x`, `Authorization: Bearer x`, `mysql -px`,
 * `curl -u user:x`, `echo x | sudo -S`. `expands` says that a shell will replace `$NAME`.
 */
export function findCommandSecrets(words: CommandWords, expands: boolean, findings: CommandFindings): void {
  const reader = new CommandReader(words, expands, findings);
  for (let word = words.next(); word !== undefined; word = words.next()) reader.read(word);
}

const HEADER_KINDS: ReadonlySet<SecretKind> = new Set(['password', 'token', 'file', 'cookie', 'auth']);
/** Before `NAME VALUE`: `aws configure set`, `setx`, `bwrap --setenv`, `jq --arg`. */
const SETTER = /^(?:set|setx|setenv|--setenv|--set-env|--arg)$/i;
/** Programs that are given `NAME VALUE` too, the first behind any word, the second behind `put`. */
const TAKES_PAIRS: ReadonlySet<string> = new Set(['crudini', 'openstack-config', 'uci', 'gsettings', 'dconf', 'dvc']);
const PUTS_PAIRS: ReadonlySet<string> = new Set(['etcdctl', 'consul']);
const BARE_NAME = /^[\w.-]+$/;
const FLAG = /^(?:--?|\+)(\w[\w.-]*)$/;
/** A password may begin with a dash too; a flag has letters behind it, or a letter and a number, or a `=`. */
const LOOKS_LIKE_FLAG = /^--?$|^--[A-Za-z]|^-[A-Za-z](?:\d*$|[A-Za-z-]*$|[\w-]*=)/;

/** `-u bob -p x`: what programs that take a name and a password mostly call them. `-l` counts right before it. */
const NAME_FLAG = /^(?:-u|-U|--?user|--?user-?name)$/;
const LOGIN_FLAG = /^(?:-l|--?login)$/;
/** Some programs take a key so, others something that does not look drawn. */
const KEY_FLAGS: ReadonlySet<string> = new Set(['-k', '-K']);
const PASSWORD_FLAGS: ReadonlySet<string> = new Set(['-p', '-P', '-pw']);
/** Programs whose `-p` or `-P` behind a name is a port, a process, a priority, a path. */
const OTHER_PASSWORD_FLAG =
  /^(?:sudo|su|doas|docker|podman|nerdctl|ssh|sshd|scp|sftp|rsync|journalctl|loginctl|ps|pgrep|pkill|lsof|strace|git|cp|tar|sort|diff|mkdir|install|psql|pg_\w+|createdb|createuser|dropdb|named|chronyd|memcached|ntpd|gunicorn|uwsgi|celery|nmap|logger|mount|kinit|telnet|nc|gdb|perf|top)$/;

class CommandReader {
  readonly #words: CommandWords;
  readonly #expands: boolean;
  readonly #hide: Hide;
  readonly #keep: (argument: number) => void;
  readonly #tracker = new CommandTracker();
  readonly #echo: PipedEcho | undefined;
  #previous: CommandWord | undefined;
  #beforePrevious: CommandWord | undefined;
  /** A user was named to the current program. */
  #isNamed = false;

  constructor(words: CommandWords, expands: boolean, { hide, keep = () => {} }: CommandFindings) {
    this.#words = words;
    this.#expands = expands;
    this.#hide = hide;
    this.#keep = keep;
    this.#echo = words.mayHavePipes ? new PipedEcho() : undefined;
  }

  read(word: CommandWord): void {
    const isProgram = this.#tracker.follow(word);
    if (this.#echo !== undefined) {
      for (const echoed of this.#echo.follow(word, this.#tracker.program, isProgram)) this.#hide(word.argument, echoed);
    }
    if (isProgram || word.before === 'separator' || word.before === 'pipe') this.#isNamed = false;
    if (!isProgram) this.#readArgument(word);
    if (word.mayTell) this.#readHeader(word);
    if (this.#previous !== undefined && !word.text.startsWith('-'))
      this.#isNamed ||= NAME_FLAG.test(this.#previous.text);
    this.#beforePrevious = this.#previous;
    this.#previous = word;
  }

  #readArgument(word: CommandWord): void {
    if (this.#tracker.hasRules && this.#readProgramFlag(word)) return;
    if (word.text === '<<<' && this.#echo?.readsSecret) this.#readValue('password');
    const told = this.#kindToldBy(word);
    if (told !== undefined) this.#readValue(told);
    else if (PASSWORD_FLAGS.has(word.text)) this.#readPasswordAfterName(word.text);
    else if (KEY_FLAGS.has(word.text) && !this.#tracker.knowsFlag(word.text)) this.#readValue('random');
    if (word.mayTell) this.#readNeighbours(word);
    if (this.#tracker.hasRules) this.#readByRules(word);
  }

  #readByRules(word: CommandWord): void {
    if (this.#tracker.hasOwnNames) this.#readOwnNames(word);
    if (word.text.startsWith('-')) this.#tracker.countAfter(word.text);
    else this.#readPosition(word);
  }

  #readProgramFlag(word: CommandWord): boolean {
    const found = this.#tracker.flagSecret(word.text);
    if (found === undefined) return false;
    const { secret, gluedAfter } = found;
    if (secret.form === 'switch') {
      this.#tracker.countAfter(word.text);
      return true;
    }
    const value = gluedAfter === undefined ? this.#takeValue() : this.#words.takeGlued(word, gluedAfter);
    if (value === undefined) return true;
    if (secret.form === 'reference') this.#keep(value.argument);
    else this.#hideForm(secret.form, value);
    return true;
  }

  /** The kind of the value that the next word is, where this word is a flag or variable that names a secret. */
  #kindToldBy({ text, mayTell }: CommandWord): SecretKind | undefined {
    if (text === '=') return secretName(this.#previous?.text ?? '')?.kind;
    if (!mayTell) return undefined;
    const flag = FLAG.exec(text)?.[1];
    if (flag === undefined && !this.#isSetting(text)) return undefined;
    const name = secretName(flag ?? text);
    return name?.negated === true ? undefined : name?.kind;
  }

  #isSetting(text: string): boolean {
    if (text.includes('=') || text.startsWith('-')) return false;
    const { program } = this.#tracker;
    const previous = this.#previous?.text ?? '';
    if (SETTER.test(previous) || (previous === 'put' && PUTS_PAIRS.has(program))) return true;
    const isConfiguring = this.#tracker.hasSubcommand('config');
    if (isConfiguring && text.includes('.')) return true;
    return (TAKES_PAIRS.has(program) || (isConfiguring && program === 'rclone')) && BARE_NAME.test(text);
  }

  #readPasswordAfterName(flag: string): void {
    if (!this.#isNamed && !LOGIN_FLAG.test(this.#beforePrevious?.text ?? '')) return;
    if (this.#tracker.knowsFlag(flag) || OTHER_PASSWORD_FLAG.test(this.#tracker.program)) return;
    const value = this.#words.peekValue();
    if (value === undefined || looksLikeFlag(value) || isNoPassword(value.text)) return;
    if (this.#hideKind('file', value)) this.#words.skip();
  }

  /** `h=db,p=x`: names that are telling for this program alone. */
  #readOwnNames(word: CommandWord): void {
    for (let pair = firstMatch(OWN_NAME, word.text); pair !== null; pair = OWN_NAME.exec(word.text)) {
      const [, name = '', value = ''] = pair;
      if (!this.#tracker.isOwnName(name) || secretPart('password', value, this.#expands) === undefined) continue;
      const end = word.start + OWN_NAME.lastIndex;
      this.#hide(word.argument, { start: end - value.length, end });
    }
  }

  #readValue(kind: SecretKind): void {
    const value = this.#words.peekValue();
    if (value === undefined || looksLikeFlag(value)) return;
    if (this.#hideKind(kind, value)) this.#words.skip();
  }

  /** `Name:` or `Authorization: Bearer` at the end of a word: the value is in the words after it. */
  #readHeader(word: CommandWord): void {
    const kind = headerKind(word.text);
    if (kind === undefined) return;
    for (
      let value = this.#words.peekValue();
      value !== undefined && !looksLikeFlag(value) && !closesQuoteOf(word, value);
      value = this.#words.peekValue()
    ) {
      this.#words.skip();
      if (isSchemeAlone(value.text)) continue;
      this.#hideKind(kind, value);
      if (!value.text.endsWith(';')) return;
    }
  }

  /** `Bearer` and the id of an AWS key tell of the word beside them. */
  #readNeighbours({ text }: CommandWord): void {
    const next = this.#words.peekValue();
    if (next !== undefined && isSchemeWord(text) && areCredentials(text, next.text)) this.#hide(next.argument, next);
    if (!endsInAwsKeyId(text)) return;
    for (const neighbour of [this.#previous, next]) {
      if (neighbour !== undefined && isAwsSecret(neighbour.text)) this.#hide(neighbour.argument, neighbour);
    }
  }

  #readPosition(word: CommandWord): void {
    const form = this.#tracker.positionalForm(word.text, this.#previous?.text ?? '');
    if (form === undefined || (form !== 'name=password' && /^[\w-]+=./.test(word.text))) return;
    this.#hideForm(form, this.#words.takeGlued(word, 0));
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

function isSchemeWord(text: string): boolean {
  return (text.length === 5 || text.length === 6) && /^(?:bearer|basic)$/i.test(text);
}

const OWN_NAME = /(?<![^,;:\s])([A-Za-z][\w-]*)=([^,\s]+)/g;

const MAX_HEADER_CHARACTERS = 64;

function headerKind(word: string): SecretKind | undefined {
  if (!word.includes(':', word.length - MAX_HEADER_CHARACTERS)) return undefined;
  const tail = word.slice(-MAX_HEADER_CHARACTERS);
  const colon = tail.lastIndexOf(':');
  const rest = tail.slice(colon + 1).trim();
  if (rest !== '' && !isSchemeAlone(rest)) return undefined;
  const name = nameBefore(tail, colon, 0);
  const kind = name && secretName(name.text)?.kind;
  return kind !== undefined && HEADER_KINDS.has(kind) ? kind : undefined;
}

/** `"Password: "`: the quote behind the space ends what the one before the word began. */
function closesQuoteOf(word: CommandWord, value: CommandWord): boolean {
  return word.isQuoted && /^["'`]?(?:\s|$)/.test(value.text);
}

function formPart(form: ValueForm, value: string): Span | undefined {
  const separator = SEPARATORS.get(form);
  if (separator !== undefined) return value.includes('://') ? undefined : passwordAfter(separator, value);
  switch (form) {
    case 'secret':
      return { start: 0, end: value.length };
    case 'random':
      return looksRandom(value) ? { start: 0, end: value.length } : undefined;
    case 'last:password':
      return value.includes(':') ? { start: value.lastIndexOf(':') + 1, end: value.length } : undefined;
    case 'user/password': {
      const password = /^[\w"$#.-]+\/([^@]+)/.exec(value);
      return password === null
        ? undefined
        : { start: password[0].length - (password[1] ?? '').length, end: password[0].length };
    }
    default:
      return undefined;
  }
}

const SEPARATORS: ReadonlyMap<ValueForm, string> = new Map([
  ['user:password', ':'],
  ['user%password', '%'],
  ['user,password', ','],
  ['name=password', '='],
]);

function looksLikeFlag(value: CommandWord): boolean {
  return !value.isQuoted && value.text.startsWith('-') && LOOKS_LIKE_FLAG.test(value.text);
}
