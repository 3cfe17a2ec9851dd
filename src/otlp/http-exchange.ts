import { AsyncLocalStorage } from 'node:async_hooks';
import diagnosticsChannel from 'node:diagnostics_channel';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { faultPoint } from '../base/fault-point.ts';

/** What the endpoint answered to one HTTP request. */
export interface HttpResponse {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly contentType: string | undefined;
  /** The first 16 KiB. */
  readonly body: string;
}

const MAX_BODY_BYTES = 16 * 1024;

/**
 * Watches the HTTP requests that the exporter makes while `observe` runs, since it does not hand out status, Retry-After,
 * content type or body. Holds what the last request came to; the exporter may make several.
 */
export class HttpExchange {
  #request: ClientRequest | undefined;
  #response: IncomingMessage | undefined;
  #body: Buffer[] = [];
  #bodyBytes = 0;
  #error: Error | undefined;
  #abandoned = false;
  readonly #onFailure: (exchange: HttpExchange) => void;

  /** @param onFailure called as soon as one request fails, while the exporter may still try again by itself */
  constructor(onFailure: (exchange: HttpExchange) => void = () => {}) {
    this.#onFailure = onFailure;
  }

  get response(): HttpResponse | undefined {
    if (this.#response === undefined) return undefined;
    const { statusCode, headers } = this.#response;
    return {
      status: statusCode ?? 0,
      retryAfter: headers['retry-after'],
      contentType: headers['content-type'],
      body: Buffer.concat(this.#body).toString('utf8'),
    };
  }

  /** Set when there was no answer, or it broke off. */
  get error(): Error | undefined {
    return this.#error;
  }

  observe<Result>(work: () => Result): Result {
    subscribe();
    return current.run(this, work);
  }

  /**
   * Cuts the connection: the only way to end a request whose answer drips for ever. A retry of the exporter that is still
   * to come is cut as well, with an error that it does not retry: the batch must not be under way twice.
   */
  abandon(): void {
    this.#abandoned = true;
    this.#request?.destroy(new Error('abandoned'));
  }

  requestCreated(request: ClientRequest): void {
    this.#request = request;
    this.#response = undefined;
    this.#body = [];
    this.#bodyBytes = 0;
    this.#error = undefined;
    if (this.#abandoned) this.abandon();
  }

  responseStarted(response: IncomingMessage): void {
    this.#response = response;
    response.on('data', (piece: Buffer) => {
      if (this.#bodyBytes >= MAX_BODY_BYTES) return;
      this.#body.push(piece.subarray(0, MAX_BODY_BYTES - this.#bodyBytes));
      this.#bodyBytes += piece.length;
    });
    if ((response.statusCode ?? 0) >= 300) this.#onFailure(this);
  }

  requestFailed(error: Error): void {
    this.#error = error;
    this.#onFailure(this);
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
    if (exchange === undefined) return;
    exchanges.set(request, exchange);
    exchange.requestCreated(request);
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
