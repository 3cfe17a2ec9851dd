import { isQuoteCharacter, quoteAt, quoteEndingAt, quoteLength } from './quote.ts';
import type { Span } from './span.ts';
import { endOfWord, quotedSpan, withoutClosers } from './value-extent.ts';
import { isSpace } from './white-space.ts';

/** A word of a command line: an argument, or a word of a text. */
export interface CommandWord extends Span {
  /** which argument it lies in; 0 in a single text */
  readonly argument: number;
  /** without the quotes and brackets around it */
  readonly text: string;
  readonly isQuoted: boolean;
  /** False where it is certain that it neither names nor holds a secret. */
  readonly mayTell: boolean;
  readonly before: BeforeWord;
}

/**
 * What stands before a word: another word of its command; the start of the text, `;`, `&&` or a line's end, behind which a command
 * begins; a `|`, behind which one reads what the one before writes; a quote or bracket, behind which one may begin.
 */
export type BeforeWord = 'word' | 'separator' | 'pipe' | 'opener';

/** A command line read word by word. Words inside quotes are read one by one, but a value is read whole. */
export interface CommandWords {
  /** It is a text, in which a `|` may stand between two commands. */
  readonly mayHavePipes: boolean;
  next(): CommandWord | undefined;
  /** what follows, read as a value; `skip` takes it */
  peekValue(): CommandWord | undefined;
  skip(): void;
  /** takes the value that is glued to the first `length` characters of `word` (`-psecret`); with 0 the word read as a value */
  takeGlued(word: CommandWord, length: number): CommandWord;
}

/** The arguments of a process, each of them one word. */
export class ArgumentWords implements CommandWords {
  readonly mayHavePipes = false;
  readonly #args: readonly string[];
  readonly #suspicious: readonly boolean[];
  #index = 0;

  constructor(args: readonly string[], suspicious: readonly boolean[]) {
    this.#args = args;
    this.#suspicious = suspicious;
  }

  next(): CommandWord | undefined {
    const word = this.peekValue();
    this.skip();
    return word;
  }

  peekValue(): CommandWord | undefined {
    const text = this.#args[this.#index];
    if (text === undefined) return undefined;
    return {
      argument: this.#index,
      start: 0,
      end: text.length,
      text,
      isQuoted: false,
      mayTell: this.#suspicious[this.#index] === true,
      before: this.#index === 0 ? 'separator' : 'word',
    };
  }

  skip(): void {
    this.#index += 1;
  }

  takeGlued(word: CommandWord, length: number): CommandWord {
    return { ...word, text: word.text.slice(length), start: length };
  }
}

/** Behind these, and behind a quote, a word begins anew; `$` counts before `(` only, where it may be `$(command)`. */
const OPENERS = '([{!';
/** White space, and what ends a command; a single `&` may as well stand in a URL. */
const WORD_END = /[\s;|]|&&/g;
const LINE_END = /[\r\n]/;

/** The words of a script, or of several arguments joined by spaces. */
export class TextWords implements CommandWords {
  readonly mayHavePipes = true;
  readonly #text: string;
  #at = 0;
  #before: BeforeWord = 'separator';
  #afterValue = 0;

  constructor(text: string) {
    this.#text = text;
  }

  next(): CommandWord | undefined {
    this.#skipSeparators();
    const start = this.#skipOpeners();
    if (start >= this.#text.length) return undefined;
    WORD_END.lastIndex = start;
    const runEnd = WORD_END.exec(this.#text)?.index ?? this.#text.length;
    const end = withoutClosers(this.#text, start, runEnd);
    const word = this.#word(start, end, isQuoteCharacter(this.#text[start - 1]));
    this.#at = runEnd;
    this.#before = 'word';
    return word;
  }

  peekValue(): CommandWord | undefined {
    let start = this.#at;
    while (isSpace(this.#text.charCodeAt(start)) || this.#isLineContinued(start)) start += 1;
    return start >= this.#text.length || /^(?:[;|<>]|&&|\d?>)/.test(this.#text.slice(start, start + 2))
      ? undefined
      : this.#value(start);
  }

  skip(): void {
    this.#at = this.#afterValue;
  }

  takeGlued(word: CommandWord, length: number): CommandWord {
    const quote = length === 0 && word.isQuoted ? quoteEndingAt(this.#text, word.start - 1, 0) : undefined;
    const value = this.#value(word.start + length - (quote === undefined ? 0 : quoteLength(quote)));
    this.#at = Math.max(this.#at, this.#afterValue);
    return value;
  }

  #value(start: number): CommandWord {
    const quoted = quotedSpan(this.#text, start);
    const runEnd = endOfWord(this.#text, start);
    this.#afterValue = runEnd;
    if (
      quoted !== undefined &&
      runEnd <= quoted.end + quoteLength(quoteAt(this.#text, start) ?? { character: '', backslashes: 0 })
    ) {
      return this.#word(quoted.start, quoted.end, true);
    }
    return this.#word(start, withoutClosers(this.#text, start, runEnd), false);
  }

  #word(start: number, end: number, isQuoted: boolean): CommandWord {
    const text = this.#text.slice(start, end);
    return { argument: 0, start, end, text, isQuoted, mayTell: true, before: this.#before };
  }

  #skipSeparators(): void {
    for (; this.#at < this.#text.length; this.#at += 1) {
      if (this.#isLineContinued(this.#at)) this.#at += 2;
      const character = this.#text[this.#at] ?? '';
      if (character === '|') this.#before = this.#text[this.#at - 1] === '|' ? 'separator' : 'pipe';
      else if (character === ';' || character === '&' || character === '\n' || character === '\r')
        this.#before = 'separator';
      else if (!isSpace(character.charCodeAt(0))) return;
    }
  }

  #skipOpeners(): number {
    let at = this.#at;
    for (;;) {
      const quote = quoteAt(this.#text, at);
      const length = quote === undefined ? this.#bracketLength(at) : quoteLength(quote);
      if (length === 0) return at;
      if (this.#before === 'word') this.#before = 'opener';
      at += length;
    }
  }

  #bracketLength(at: number): number {
    if (this.#text.startsWith('$(', at)) return 2;
    return at < this.#text.length && OPENERS.includes(this.#text[at] ?? '') ? 1 : 0;
  }

  #isLineContinued(at: number): boolean {
    return this.#text[at] === '\\' && LINE_END.test(this.#text[at + 1] ?? '');
  }
}
