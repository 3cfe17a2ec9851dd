import type { CommandWord } from './command-word.ts';
import type { Span } from './span.ts';

const READS_SECRET = /^(?:chpasswd|passwd|cryptsetup|smbpasswd|kinit|su|vncpasswd)$/;
const READS_SECRET_FLAG = /^--(?:password-stdin|pass-stdin|passphrase-fd|stdin|with-token|stdinpass)$/;

/** Follows `echo secret | program` in a script, `program` being one that reads a secret from its standard input. */
export class PipedEcho {
  #echoed: Span | undefined;
  #isEchoing = false;

  /** Takes the next word, `program` being the one it names or belongs to; returns what was echoed where that is a secret. */
  follow(word: CommandWord, program: string): Span | undefined {
    if (word.before === 'separator') this.#echoed = undefined;
    if (word.before === 'separator' || word.before === 'pipe')
      this.#isEchoing = program === 'echo' || program === 'printf';
    else if (this.#isEchoing && !word.text.startsWith('-'))
      this.#echoed = { start: this.#echoed?.start ?? word.start, end: word.end };
    if (this.#isEchoing || this.#echoed === undefined) return undefined;
    const isRead =
      READS_SECRET.test(program) || READS_SECRET_FLAG.test(word.text) || (program === 'sudo' && word.text === '-S');
    return isRead ? this.#echoed : undefined;
  }
}
