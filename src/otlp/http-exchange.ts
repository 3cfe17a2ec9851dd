import { AsyncLocalStorage } from 'node:async_hooks';
import diagnosticsChannel from 'node:diagnostics_channel';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { faultPoint } from '../base/fault-point.ts';

/** What the endpoint answered to one HTTP request. */
export interface HttpResponse {
  readonly status: number;
  readonly retryAfter: string | undefined;
  /** The `Date` header: the clock of the endpoint. */
  readonly date: string | undefined;
  readonly contentType: string | undefined;
  readonly location: string | undefined;
  /** The first 16 KiB. */
  readonly body: string;
  /** False while it comes, and when it broke off. */
  readonly complete: boolean;
}

/** Why there was no answer, or why it broke off. */
export interface NetworkError {
  /** Of Node.js or OpenSSL (`ECONNRESET`, `CERT_HAS_EXPIRED`); empty when there is none. */
  readonly code: string;
  readonly message: string;
}

const MAX_BODY_BYTES = 16 * 1024;

/** In seconds; more than the exporter ever has left. */
const LATER_THAN_IT_WAITS = '2147483647';

/**
 * Watches the HTTP request that the exporter makes while `observe` runs, since it does not hand out status, headers or
 * body, and sees to it that it makes one and no more. By itself the exporter repeats what looks transient for as long as
 * its timeout lasts, and without any pause where Retry-After asks for none; when to try again is the delivery's to say.
 */
export class HttpExchange {
  #request: ClientRequest | undefined;
  #response: IncomingMessage | undefined;
  #retryAfter: string | undefined;
  #body: Buffer[] = [];
  #bodyBytes = 0;
  #error: NetworkError | undefined;
  #abandoned = false;

  get response(): HttpResponse | undefined {
    if (this.#response === undefined) return undefined;
    const { statusCode, headers, complete } = this.#response;
    return {
      status: statusCode ?? 0,
      retryAfter: this.#retryAfter,
      date: headers.date,
      contentType: headers['content-type'],
      location: headers.location,
      body: Buffer.concat(this.#body).toString('utf8'),
      complete,
    };
  }

  get error(): NetworkError | undefined {
    return this.#error;
  }

  /** Whether the request went over a connection that had carried others before. */
  get reusedConnection(): boolean {
    return this.#request?.reusedSocket === true;
  }

  observe<Result>(work: () => Result): Result {
    subscribe();
    return current.run(this, work);
  }

  /** Cuts the connection: the only way to end a request whose answer drips for ever. */
  abandon(): void {
    this.#abandoned = true;
    this.#request?.destroy(new Error('abandoned'));
  }

  /** @returns false for a request that must not be made: it is ended with an error that the exporter takes for final */
  requestCreated(request: ClientRequest): boolean {
    if (this.#request !== undefined || this.#abandoned) {
      request.destroy(new Error('abandoned'));
      return false;
    }
    this.#request = request;
    return true;
  }

  responseStarted(response: IncomingMessage): void {
    this.#response = response;
    const { headers } = response;
    this.#retryAfter = headers['retry-after'];
    headers['retry-after'] = LATER_THAN_IT_WAITS;
    response.on('data', (piece: Buffer) => {
      if (this.#bodyBytes >= MAX_BODY_BYTES) return;
      this.#body.push(piece.subarray(0, MAX_BODY_BYTES - this.#bodyBytes));
      this.#bodyBytes += piece.length;
    });
  }

  requestFailed(error: NodeJS.ErrnoException): void {
    this.#error = { code: error.code ?? '', message: error.message };
    // By the code the exporter tells what is worth repeating.
    delete error.code;
  }
}

const current = new AsyncLocalStorage<HttpExchange>();
const exchanges = new WeakMap<ClientRequest, HttpExchange>();
let subscribed = false;

/** Once per process, and only when something is exported; requests of others are passed by. */
function subscribe(): void {
  if (subscribed) return;
  subscribed = true;
  diagnosticsChannel.subscribe('http.client.request.created', (message) => {
    const { request } = message as { request: ClientRequest };
    const exchange = current.getStore();
    if (!exchange?.requestCreated(request)) return;
    exchanges.set(request, exchange);
    TEST_ONLY: request.on('finish', () => faultPoint('request.made'));
  });
  diagnosticsChannel.subscribe('http.client.response.finish', (message) => {
    const { request, response } = message as { request: ClientRequest; response: IncomingMessage };
    exchanges.get(request)?.responseStarted(response);
    TEST_ONLY: faultPoint('request.answered');
  });
  diagnosticsChannel.subscribe('http.client.request.error', (message) => {
    const { request, error } = message as { request: ClientRequest; error: Error };
    exchanges.get(request)?.requestFailed(error);
  });
}
