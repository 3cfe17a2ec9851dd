import { EventEmitter, once } from 'node:events';
import type { LogFields, Logger, LogLevel } from '../../src/base/logger.ts';

export interface LogLine {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: LogFields | undefined;
}

/** A logger that keeps what it is told. */
export class CapturedLogger implements Logger {
  readonly lines: LogLine[] = [];
  readonly #changes = new EventEmitter();

  readonly error = this.#at('error');
  readonly warn = this.#at('warn');
  readonly info = this.#at('info');
  readonly debug = this.#at('debug');

  messages(level: LogLevel): readonly string[] {
    return this.lines.filter((line) => line.level === level).map(({ message }) => message);
  }

  /** Resolves with the first line that matches, as soon as there is one. */
  async until(pattern: RegExp): Promise<LogLine> {
    for (;;) {
      const found = this.lines.find(({ message }) => pattern.test(message));
      if (found !== undefined) return found;
      await once(this.#changes, 'change');
    }
  }

  #at(level: LogLevel) {
    return (message: string, fields?: LogFields) => {
      this.lines.push({ level, message, fields });
      this.#changes.emit('change');
    };
  }
}
