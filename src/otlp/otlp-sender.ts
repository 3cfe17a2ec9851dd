import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-http';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import type { Clock } from '../base/clock.ts';
import { errorMessage } from '../base/errors.ts';
import { type Logger, silentLogger } from '../base/logger.ts';
import { type Certificates, certificateFiles } from './certificates.ts';
import { CurrentCertificates } from './current-certificates.ts';
import { hideSecretsOf } from './endpoint-secrets.ts';
import { type ExportOutcome, exportOutcome } from './export-outcome.ts';
import { HttpExchange } from './http-exchange.ts';

export interface OtlpSenderOptions {
  /** Logs URL, complete (`http://localhost:4318/v1/logs`). Headers, TLS and compression come from `OTEL_EXPORTER_OTLP_*`. */
  readonly url: string;
  /** How long the endpoint may be silent; `OTEL_EXPORTER_OTLP_TIMEOUT`. */
  readonly timeoutMillis: number;
  readonly clock: Clock;
  readonly logger?: Logger;
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

/** The only way the exporter says it: `Error.message`. */
const TIMED_OUT = 'Request timed out';

const CUT_SHORT = 'no answer before procmond had to stop';

/**
 * Sends batches with the standard exporter, one request each, and tells what became of them. One at a time. Certificates
 * are read anew for every batch: new ones are in use as soon as they are there.
 */
export class OtlpSender {
  /** For messages: without user info and query. */
  readonly endpoint: string;
  readonly #options: OtlpSenderOptions;
  readonly #certificates: CurrentCertificates;
  readonly #hideSecrets: (text: string) => string;
  #connection: Connection | undefined;

  constructor(options: OtlpSenderOptions) {
    this.#options = options;
    const { protocol, host, pathname } = new URL(options.url);
    this.endpoint = `${protocol}//${host}${pathname}`;
    const { env } = process;
    const files = protocol === 'https:' ? certificateFiles(env) : {};
    this.#certificates = new CurrentCertificates(files, options.logger ?? silentLogger);
    this.#hideSecrets = hideSecretsOf(options.url, env);
  }

  /**
   * Resolves when the endpoint has answered, cannot be reached, or the watchdog has cut the connection; never rejects.
   * @param signal aborting cuts the connection: the outcome is then a retry
   */
  async send(records: ReadableLogRecord[], options: { readonly signal?: AbortSignal } = {}): Promise<ExportOutcome> {
    const first = await this.#attempt(records, options.signal);
    // Whoever closed a connection that was kept open did not mean what was sent over it last.
    return first.wasStale ? (await this.#attempt(records, options.signal)).outcome : first.outcome;
  }

  async close(): Promise<void> {
    const connection = this.#connection;
    this.#disconnect();
    await connection?.exporter.shutdown();
  }

  async #attempt(records: ReadableLogRecord[], signal: AbortSignal | undefined): Promise<Attempt> {
    const exchange = new HttpExchange();
    const over = new AbortController();
    const onAbort = () => over.abort();
    signal?.addEventListener('abort', onAbort, { once: true });
    if (signal?.aborted) over.abort();
    const { clock, timeoutMillis } = this.#options;
    const watchdog = clock.delay(timeoutMillis * WATCHDOG_TIMEOUTS, over.signal).then(() => undefined);
    const ended = await Promise.race([this.#export(records, exchange, over.signal), watchdog]);
    signal?.removeEventListener('abort', onAbort);
    over.abort();
    if (ended !== undefined) return ended;
    const attempt =
      signal?.aborted === true
        ? this.#judge(exchange, { error: new Error(CUT_SHORT) })
        : this.#judge(exchange, { timedOutMillis: timeoutMillis * WATCHDOG_TIMEOUTS });
    exchange.abandon();
    // The abandoned exporter may call back one day, or never: it is not asked again.
    this.#disconnect();
    return attempt;
  }

  async #export(records: ReadableLogRecord[], exchange: HttpExchange, over: AbortSignal): Promise<Attempt> {
    let certificates: Certificates;
    try {
      certificates = await this.#certificates.read();
    } catch (error) {
      const message = `${this.endpoint} is not asked: ${errorMessage(error)}`;
      return { outcome: { kind: 'retry', reason: 'tls', message, retryAfterMillis: undefined }, wasStale: false };
    }
    if (over.aborted) return this.#judge(exchange, { error: new Error(CUT_SHORT) });
    const { exporter } = this.#connect(certificates);
    // A failure always comes with its error; the code is an enum of a package that is not ours to import.
    const error = await new Promise<Error | undefined>((resolve) => {
      exchange.observe(() => exporter.export(records, (result) => resolve(result.error)));
    });
    const timedOut = error?.message === TIMED_OUT;
    return this.#judge(exchange, timedOut ? { timedOutMillis: this.#options.timeoutMillis } : { error });
  }

  /** The connection there is, as long as it was made with these certificates. */
  #connect(certificates: Certificates): Connection {
    if (this.#connection?.certificates === certificates) return this.#connection;
    this.#disconnect();
    const { url, timeoutMillis } = this.#options;
    const agent =
      new URL(url).protocol === 'https:'
        ? new HttpsAgent({ ...certificates, keepAlive: true })
        : new HttpAgent({ keepAlive: true });
    const exporter = new OTLPLogExporter({ url, timeoutMillis, userAgent: 'procmond', httpAgentOptions: () => agent });
    this.#connection = { certificates, agent, exporter };
    return this.#connection;
  }

  #disconnect(): void {
    this.#connection?.agent.destroy();
    this.#connection = undefined;
  }

  #judge(
    exchange: HttpExchange,
    end: { readonly error?: Error | undefined; readonly timedOutMillis?: number },
  ): Attempt {
    const { response } = exchange;
    const outcome = exportOutcome({
      error: end.error,
      response: response && {
        ...response,
        body: this.#hideSecrets(response.body),
        location: response.location && this.#hideSecrets(response.location),
      },
      networkError: exchange.error,
      timedOutMillis: end.timedOutMillis,
      endpoint: this.endpoint,
      nowMillis: this.#options.clock.wallMillis(),
    });
    const wasReset = outcome.kind === 'retry' && outcome.reason === 'reset';
    return { outcome, wasStale: wasReset && response === undefined && exchange.reusedConnection };
  }
}

/** An exporter with the agent that keeps its connection open. */
interface Connection {
  readonly certificates: Certificates;
  readonly agent: HttpAgent;
  readonly exporter: OTLPLogExporter;
}

interface Attempt {
  readonly outcome: ExportOutcome;
  /** It went over a connection that had been kept open, and that was closed without a word. */
  readonly wasStale: boolean;
}
