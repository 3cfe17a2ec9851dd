import { type Clock, systemClock } from '../base/clock.ts';
import type {
  EventSink,
  EventSource,
  SourceHealth,
  TriggerAnswers,
  TriggerContext,
  TriggerOrigin,
} from '../collector/event-source.ts';
import { SourceCaps } from '../collector/source-caps.ts';
import type { TriggerRequest } from '../event/trigger-request.ts';
import { failureCode } from './failure-code.ts';
import type { HashEngine, HashRequest } from './hash-engine.ts';
import { type HashAnswer, hashResult } from './hash-result.ts';
import { ListedRoots } from './listed-roots.ts';
import { openExecutable } from './open-executable.ts';

export interface BinaryHasherOptions {
  /** Shared with who hashes what runs, and closed by who made it. */
  readonly engine: HashEngine;
  /** `/proc` by default. */
  readonly procRoot?: string;
  /** Absolute folders below which a person may name a file; `DEFAULT_HASH_ROOTS` by default. */
  readonly roots?: readonly string[];
  readonly clock?: Clock;
}

export const DEFAULT_HASH_ROOTS: readonly string[] = [
  '/usr/bin',
  '/usr/sbin',
  '/bin',
  '/sbin',
  '/usr/local/bin',
  '/usr/local/sbin',
  '/usr/lib',
  '/opt',
];

/**
 * The binary-hasher source: hashes what others ask it to, and does nothing by itself. A process is hashed through
 * `/proc/PID/exe`; a file by its path only for a person, and only below the roots. Each request gets one record, with the
 * hash or why there is none.
 */
export class BinaryHasher implements EventSource {
  readonly name = 'binary-hasher';
  readonly capabilities: SourceCaps = SourceCaps.FILESYSTEM;
  readonly answersTriggers: TriggerAnswers = {
    analysisTypes: ['binary_hash'],
    handle: (request, context) => this.#handle(request, context),
  };
  readonly #engine: HashEngine;
  readonly #procRoot: string;
  readonly #roots: ListedRoots;
  readonly #clock: Clock;
  #hashed = 0;
  #failed = 0;

  constructor({ engine, procRoot = '/proc', roots = DEFAULT_HASH_ROOTS, clock = systemClock }: BinaryHasherOptions) {
    this.#engine = engine;
    this.#procRoot = procRoot;
    this.#roots = new ListedRoots(roots);
    this.#clock = clock;
  }

  async start(_: EventSink, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  }

  async stop(): Promise<void> {}

  async healthCheck(): Promise<SourceHealth> {
    return { healthy: true, message: `files that were asked for: ${this.#hashed} hashed, ${this.#failed} not` };
  }

  async #handle(request: TriggerRequest, { origin, signal, sink }: TriggerContext): Promise<void> {
    const answer = await this.#answer(request, origin, signal);
    const nowMillis = this.#clock.wallMillis();
    sink.commit({
      events: [hashResult(request, answer, nowMillis)],
      observedAtMillis: nowMillis,
      write: () => this.#engine.write(),
    });
    this.#engine.written();
    if (answer.ok) this.#hashed += 1;
    else this.#failed += 1;
  }

  async #answer(request: TriggerRequest, origin: TriggerOrigin, signal: AbortSignal): Promise<HashAnswer> {
    const { process, path, analysisType } = request;
    if (analysisType !== 'binary_hash') return { ok: false, code: 'invalid_request' };
    if (process !== undefined) return this.#hash(() => openExecutable(process, this.#procRoot), signal);
    if (path === undefined) return { ok: false, code: 'invalid_request' };
    if (origin !== 'operator' || !this.#roots.allows(path)) return { ok: false, code: 'path_not_allowed' };
    return this.#hash(() => this.#roots.open(path), signal);
  }

  async #hash(open: HashRequest['open'], signal: AbortSignal): Promise<HashAnswer> {
    const outcome = await this.#engine.hash({ open, signal, urgent: true });
    return outcome.ok ? outcome : { ok: false, code: failureCode(outcome.reason) };
  }
}
