import { LOG_LEVELS, type LogFields, type Logger, type LogLevel } from './logger.ts';

/** Hands on what is important enough, by a level that can be changed at any time. */
export class AdjustableLogger implements Logger {
  readonly #logger: Logger;
  /** The least important level that is handed on. */
  level: LogLevel;

  /** @param logger one that writes all levels */
  constructor(logger: Logger, level: LogLevel) {
    this.#logger = logger;
    this.level = level;
  }

  readonly error = this.#at('error');
  readonly warn = this.#at('warn');
  readonly info = this.#at('info');
  readonly debug = this.#at('debug');

  freshLine(): void {
    this.#logger.freshLine?.();
  }

  #at(own: LogLevel) {
    return (message: string, fields?: LogFields) => {
      if (LOG_LEVELS.indexOf(own) <= LOG_LEVELS.indexOf(this.level)) this.#logger[own](message, fields);
    };
  }
}
