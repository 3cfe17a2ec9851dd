import type { CommandWord } from './command-word.ts';
import type { Span } from './span.ts';

const ECHOES = /^(?:echo|printf|yes)$/;
const READS_SECRET = /^(?:chpasswd|passwd|cryptsetup|smbpasswd|kinit|su|vncpasswd)$/;
const READS_SECRET_FLAG = /^--(?:password-stdin|pass-stdin|passphrase-fd|stdin|with-token|stdinpass)$/;

/** Follows `echo secret | program` in a script, `program` being one that reads a secret from its standard input. */
export class PipedEcho {
  /** The current command reads a secret from its standard input. */
  readsSecret = false;
  #echoed: Span[] = [];
  #isEchoing = false;

  /** Takes the next word, which names `program` or belongs to it; returns what was echoed where that is secret. */
  follow(word: CommandWord, program: string, isProgram: boolean): readonly Span[] {
    if (isProgram) this.#begin(word, program);
    else if (this.#isEchoing && !word.text.startsWith('-')) this.#echoed.push(word);
    this.readsSecret ||=
      READS_SECRET.test(program) || READS_SECRET_FLAG.test(word.text) || (program === 'sudo' && word.text === '-S');
    if (!this.readsSecret || this.#echoed.length === 0) return NONE;
    const echoed = this.#echoed;
    this.#echoed = [];
    return echoed;
  }

  #begin(word: CommandWord, program: string): void {
    this.#isEchoing = ECHOES.test(program);
    if (word.before === 'word') return;
    this.readsSecret = false;
    if (word.before !== 'pipe' && !this.#isEchoing) this.#echoed = [];
  }
}

const NONE: readonly Span[] = [];
