import type { Clock } from '../base/clock.ts';
import { errorMessage } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { EventSink, EventSource, SourceHealth } from './event-source.ts';

export interface SourceRunnerOptions {
  readonly source: EventSource;
  readonly sink: EventSink;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Told after each failure, before the pause. */
  readonly failed: (source: EventSource, message: string, pauseMillis: number) => void;
}

const FIRST_PAUSE_MILLIS = 1_000;
const LONGEST_PAUSE_MILLIS = 60_000;

/** A source that ran this long has recovered: its next failure is a first one again. */
const RECOVERED_AFTER_MILLIS = 60_000;

const HEALTH_CHECK_TIMEOUT_MILLIS = 5_000;
const STOP_TIMEOUT_MILLIS = 2_000;

/** Keeps one source running: whatever it throws stays here, and it is started again after a pause that grows. */
export class SourceRunner {
  readonly #options: SourceRunnerOptions;
  #health: SourceHealth = { healthy: true, message: 'not checked yet' };
  /** What the log has it to be. */
  #toldHealthy = true;

  constructor(options: SourceRunnerOptions) {
    this.#options = options;
  }

  get source(): EventSource {
    return this.#options.source;
  }

  /** As it was last asked for. */
  get health(): SourceHealth {
    return this.#health;
  }

  /** Runs until `signal` aborts and the source has ended. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { source, sink, clock } = this.#options;
    let failures = 0;
    while (!signal.aborted) {
      const startedAt = clock.monotonicMillis();
      const failure = await this.#outcomeOf(() => source.start(sink, signal), signal);
      if (failure === undefined) return;
      if (clock.monotonicMillis() - startedAt >= RECOVERED_AFTER_MILLIS) failures = 0;
      const pauseMillis = Math.min(LONGEST_PAUSE_MILLIS, FIRST_PAUSE_MILLIS * 2 ** failures);
      failures += 1;
      this.#health = { healthy: false, message: failure };
      this.#toldHealthy = false;
      this.#options.failed(source, failure, pauseMillis);
      await clock.delay(pauseMillis, signal);
    }
  }

  /** Bounded: a source that does not answer is unhealthy. Ends at once when `signal` aborts. */
  async refreshHealth(signal?: AbortSignal): Promise<void> {
    const { source } = this.#options;
    const health = await this.#within(HEALTH_CHECK_TIMEOUT_MILLIS, () => source.healthCheck(), signal);
    if (signal?.aborted) return;
    this.#health = typeof health === 'string' ? { healthy: false, message: health } : health;
  }

  /** The same, and what is new of it goes to the log. */
  async checkHealth(signal: AbortSignal): Promise<void> {
    const { source, logger } = this.#options;
    await this.refreshHealth(signal);
    if (signal.aborted || this.#health.healthy === this.#toldHealthy) return;
    this.#toldHealthy = this.#health.healthy;
    if (this.#health.healthy) logger.info(`source ${source.name} is healthy again: ${this.#health.message}`);
    else logger.warn(`source ${source.name} is not healthy: ${this.#health.message}`);
  }

  /** Bounded; to be called after `run` ended. */
  async stop(): Promise<void> {
    const { source, logger } = this.#options;
    const problem = await this.#within(STOP_TIMEOUT_MILLIS, () => source.stop());
    if (problem !== undefined) logger.warn(`source ${source.name} did not stop cleanly: ${problem}`);
  }

  /** What `work` comes to, or why it came to nothing. */
  async #within<Result>(
    limitMillis: number,
    work: () => Promise<Result>,
    signal?: AbortSignal,
  ): Promise<Result | string> {
    const done = new AbortController();
    const end = () => done.abort();
    signal?.addEventListener('abort', end, { once: true });
    const late = this.#options.clock.delay(limitMillis, done.signal).then(() => `no answer within ${limitMillis} ms`);
    try {
      return await Promise.race([work(), late]);
    } catch (error) {
      return errorMessage(error);
    } finally {
      signal?.removeEventListener('abort', end);
      end();
    }
  }

  /** undefined: it ended because it was told to. */
  async #outcomeOf(start: () => Promise<void>, signal: AbortSignal): Promise<string | undefined> {
    try {
      await start();
      return signal.aborted ? undefined : 'it ended by itself';
    } catch (error) {
      return signal.aborted ? undefined : errorMessage(error);
    }
  }
}
