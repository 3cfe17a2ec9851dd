import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-http';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import type { Clock } from '../base/clock.ts';
import { type ExportOutcome, exportOutcome } from './export-outcome.ts';
import { HttpExchange } from './http-exchange.ts';

export interface OtlpSenderOptions {
  /** Logs URL, complete (`http://localhost:4318/v1/logs`). Headers, TLS and compression come from `OTEL_EXPORTER_OTLP_*`. */
  readonly url: string;
  /** Time for one export with the exporter's own retries; `OTEL_EXPORTER_OTLP_TIMEOUT` by its standard meaning. */
  readonly timeoutMillis: number;
  readonly clock: Clock;
}

export const DEFAULT_EXPORT_TIMEOUT_MILLIS = 10_000;

/** The standard variables, as the exporter reads them when it is not told. */
export function exportTimeoutMillis(env: Readonly<Record<string, string | undefined>>): number {
  for (const name of ['OTEL_EXPORTER_OTLP_LOGS_TIMEOUT', 'OTEL_EXPORTER_OTLP_TIMEOUT']) {
    const millis = Number(env[name]?.trim() || Number.NaN);
    if (Number.isFinite(millis) && millis > 0) return millis;
  }
  return DEFAULT_EXPORT_TIMEOUT_MILLIS;
}

/** The exporter's timeout is one of idleness: an answer that drips never ends. After this many timeouts it is cut off. */
const WATCHDOG_TIMEOUTS = 3;

const CUT_SHORT = 'no answer before procmond had to stop';

/** Sends batches with the standard exporter and tells what became of them. One at a time. */
export class OtlpSender {
  /** For messages: without user info and query. */
  readonly endpoint: string;
  readonly #options: OtlpSenderOptions;
  #exporter: OTLPLogExporter;

  constructor(options: OtlpSenderOptions) {
    this.#options = options;
    this.#exporter = this.#makeExporter();
    const { protocol, host, pathname } = new URL(options.url);
    this.endpoint = `${protocol}//${host}${pathname}`;
  }

  /**
   * Resolves when the endpoint has answered, cannot be reached, or the watchdog has cut the connection; never rejects.
   * @param onAttemptFailed told at once when one attempt fails, while the exporter still tries again by itself
   * @param signal aborting cuts the connection: the outcome is then a retry
   */
  async send(
    records: ReadableLogRecord[],
    options: { readonly onAttemptFailed?: (outcome: ExportOutcome) => void; readonly signal?: AbortSignal } = {},
  ): Promise<ExportOutcome> {
    let ended = false;
    const exchange = new HttpExchange((failed) => {
      // What is abandoned below fails for that reason.
      if (!ended) options.onAttemptFailed?.(this.#outcome({ error: undefined, exchange: failed, timedOut: false }));
    });
    const abort = new AbortController();
    const onAbort = () => abort.abort();
    options.signal?.addEventListener('abort', onAbort, { once: true });
    if (options.signal?.aborted) abort.abort();
    const exported = new Promise<{ readonly error: Error | undefined }>((resolve) => {
      exchange.observe(() =>
        // A failure always comes with its error; the code is an enum of a package that is not ours to import.
        this.#exporter.export(records, ({ error }) => resolve({ error })),
      );
    });
    const watchdog = this.#options.clock
      .delay(this.#options.timeoutMillis * WATCHDOG_TIMEOUTS, abort.signal)
      .then(() => 'timed out' as const);
    const first = await Promise.race([exported, watchdog]);
    ended = true;
    options.signal?.removeEventListener('abort', onAbort);
    abort.abort();
    if (first !== 'timed out') return this.#outcome({ error: first.error, exchange, timedOut: false });
    const timedOut = options.signal?.aborted !== true;
    const outcome = this.#outcome({ error: timedOut ? undefined : new Error(CUT_SHORT), exchange, timedOut });
    exchange.abandon();
    // The abandoned exporter may call back one day, or never: it is not asked again.
    this.#exporter = this.#makeExporter();
    return outcome;
  }

  async close(): Promise<void> {
    await this.#exporter.shutdown();
  }

  #makeExporter(): OTLPLogExporter {
    const { url, timeoutMillis } = this.#options;
    // Nothing about agents or certificates here: it would discard what the environment says about TLS.
    return new OTLPLogExporter({ url, timeoutMillis, userAgent: 'procmond' });
  }

  #outcome(result: {
    readonly error: Error | undefined;
    readonly exchange: HttpExchange;
    readonly timedOut: boolean;
  }): ExportOutcome {
    return exportOutcome({
      error: result.error,
      response: result.exchange.response,
      networkError: result.exchange.error,
      timedOut: result.timedOut,
      endpoint: this.endpoint,
      nowMillis: this.#options.clock.wallMillis(),
    });
  }
}
