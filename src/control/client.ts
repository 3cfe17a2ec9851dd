import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { errorMessage, systemErrorCode } from '../base/errors.ts';
import type { ErrorAnswer, EventLine } from './protocol.ts';

/** What became of a question to the running procmond. */
export type ControlAnswer<Body> =
  | { readonly kind: 'ok'; readonly body: Body }
  | { readonly kind: 'refused'; readonly status: number; readonly error: ErrorAnswer['error'] }
  /** One sentence that names the socket and says what to do. */
  | { readonly kind: 'unreachable'; readonly message: string };

export interface ControlQuestion {
  readonly method: 'GET' | 'POST' | 'PUT';
  /** With its query. */
  readonly path: string;
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

/** How a stream of events ended: by a stop of procmond, by its death, or by the signal. */
export type StreamEnd = 'stopped' | 'lost' | 'aborted';

const ANSWER_MILLIS = 30_000;
const QUEUE_FULL_MILLIS = 20;
const MAX_ANSWER_BYTES = 64 * 1024 ** 2;
const MAX_LINE_CHARACTERS = 4 * 1024 ** 2;

/** Asks the procmond that listens on a control socket. */
export class ControlClient {
  readonly #socketPath: string;

  /** @param socketPath empty where the socket is switched off */
  constructor(socketPath: string) {
    this.#socketPath = socketPath;
  }

  /** @param answerMillis how long the answer may take; 30 s by default */
  async ask<Body>(question: ControlQuestion, { answerMillis = ANSWER_MILLIS } = {}): Promise<ControlAnswer<Body>> {
    const signal = AbortSignal.any([AbortSignal.timeout(answerMillis), ...(question.signal ? [question.signal] : [])]);
    try {
      const response = await this.#send({ ...question, signal });
      return answerOf(response.statusCode ?? 0, await readAll(response));
    } catch (error) {
      return { kind: 'unreachable', message: this.#unreachable(error) };
    }
  }

  /**
   * Subscribes to the topics of a pattern. `each` is called with every line, in order; what it returns is waited for.
   * @returns how the stream ended, or why there was none
   */
  async stream(
    path: string,
    {
      signal,
      opened,
      each,
    }: { readonly signal: AbortSignal; readonly opened: () => void; readonly each: (line: EventLine) => unknown },
  ): Promise<{ readonly kind: 'ended'; readonly end: StreamEnd } | Exclude<ControlAnswer<never>, { kind: 'ok' }>> {
    let response: IncomingMessage;
    try {
      response = await this.#send({ method: 'GET', path, signal });
      if (response.statusCode !== 200) {
        const answer = answerOf<never>(response.statusCode ?? 0, await readAll(response));
        return answer.kind === 'ok' ? { kind: 'ended', end: 'stopped' } : answer;
      }
    } catch (error) {
      if (signal.aborted) return { kind: 'ended', end: 'aborted' };
      return { kind: 'unreachable', message: this.#unreachable(error) };
    }
    opened();
    try {
      for await (const line of linesOf(response)) await each(JSON.parse(line) as EventLine);
      return { kind: 'ended', end: 'stopped' };
    } catch (error) {
      if (signal.aborted) return { kind: 'ended', end: 'aborted' };
      if (systemErrorCode(error) === undefined) throw error;
      return { kind: 'ended', end: 'lost' };
    }
  }

  async #send(question: ControlQuestion): Promise<IncomingMessage> {
    const { method, path, body, signal } = question;
    if (this.#socketPath === '') throw new Error('switched off');
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers =
      text === undefined ? {} : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) };
    const sent = request({
      socketPath: this.#socketPath,
      method,
      path,
      headers,
      agent: false,
      ...(signal !== undefined && { signal }),
    });
    sent.end(text);
    try {
      const [response] = (await once(sent, 'response')) as [IncomingMessage];
      // What comes behind the answer is no concern of anybody.
      sent.on('error', () => {});
      return response;
    } catch (error) {
      // Too many others wait to be let in, and Node.js does not wait with them. Nothing was sent.
      if (systemErrorCode(error) !== 'EAGAIN') throw error;
      await delay(QUEUE_FULL_MILLIS, undefined, { signal });
      return this.#send(question);
    }
  }

  #unreachable(error: unknown): string {
    if (this.#socketPath === '') return 'there is no control socket to ask: --control-socket is none';
    return `no running procmond answers on ${this.#socketPath}: ${reasonOf(error)}`;
  }
}

const START_OR_NAME = 'start one with procmond run, or name its socket with --control-socket, or its --data-dir';

function reasonOf(error: unknown): string {
  switch (systemErrorCode(error)) {
    case 'ENOENT':
      return `there is no such socket; ${START_OR_NAME}`;
    case 'ECONNREFUSED':
      return `nobody listens on it any more; ${START_OR_NAME}`;
    case 'EACCES':
    case 'EPERM':
      return 'this user may not use it; ask as root, or as the user procmond runs as';
    case 'ABORT_ERR':
      return 'it gave no answer in time';
    default:
      return errorMessage(error);
  }
}

function answerOf<Body>(status: number, text: string): ControlAnswer<Body> {
  const body = JSON.parse(text) as Body | ErrorAnswer;
  if (status >= 200 && status < 300) return { kind: 'ok', body: body as Body };
  // A probe that fails answers with its report and no error.
  const { error } = body as Partial<ErrorAnswer>;
  return error === undefined ? { kind: 'ok', body: body as Body } : { kind: 'refused', status, error };
}

async function readAll(response: IncomingMessage): Promise<string> {
  let text = '';
  for await (const piece of response.setEncoding('utf8')) {
    text += String(piece);
    if (text.length > MAX_ANSWER_BYTES) throw new Error('it does not stop answering');
  }
  return text;
}

/** Whole lines, empty ones left out. */
async function* linesOf(response: IncomingMessage): AsyncGenerator<string> {
  let rest = '';
  for await (const piece of response.setEncoding('utf8')) {
    const lines = (rest + String(piece)).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > MAX_LINE_CHARACTERS) throw new Error('the control socket sends a line without end');
    yield* lines.filter((line) => line !== '');
  }
}
