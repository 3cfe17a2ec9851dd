import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * The places of a listener: so many connections there are, and no more. When all are taken, the one that makes the least
 * of its place gives it to who comes: first who has not said yet what it wants, longest there first, then who does not
 * take the answer it has. Who waits for an answer, or is told one without end, keeps its place. So clients that hold on
 * to connections cannot keep others out.
 */
export class ConnectionPlaces {
  readonly #count: number;
  /** What was asked on each; in the order they came. */
  readonly #taken = new Map<Socket, Exchange | undefined>();

  constructor(count: number) {
    this.#count = count;
  }

  /** Gives a place to a connection, or closes it where there is none. */
  take(socket: Socket): void {
    if (this.#taken.size >= this.#count && !this.#makeRoom()) return void socket.destroy();
    this.#taken.set(socket, undefined);
    socket.once('close', () => this.#taken.delete(socket));
  }

  /** The headers of a request are there. */
  asked(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    if (this.#taken.has(socket) && this.#taken.get(socket) === undefined) {
      this.#taken.set(socket, { request, response });
    }
  }

  #makeRoom(): boolean {
    const socket = this.#first(hasNotAsked) ?? this.#first(leavesItsAnswer);
    if (socket === undefined) return false;
    this.#taken.delete(socket);
    socket.destroy();
    return true;
  }

  #first(isIdle: (exchange: Exchange | undefined) => boolean): Socket | undefined {
    for (const [socket, exchange] of this.#taken) if (isIdle(exchange)) return socket;
    return undefined;
  }
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

function hasNotAsked(exchange: Exchange | undefined): boolean {
  return exchange === undefined || !(exchange.request.complete || exchange.response.headersSent);
}

function leavesItsAnswer(exchange: Exchange | undefined): boolean {
  return exchange?.response.writableEnded === true;
}
