import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { ConnectionPlaces } from './connection-places.ts';

/** What one client may ask of a listener, so that it stays small whoever talks to it. */
export interface ListenerLimits {
  /** When there are so many, one more takes the place of one that is idle, or is closed where none is. */
  readonly connections: number;
  /** Until the headers of a request are there, and until all of it is; looked at every `checkMillis`. */
  readonly headersMillis: number;
  readonly requestMillis: number;
  readonly checkMillis: number;
  /** A connection on which nothing moves: before the first byte, or while an answer is not taken. */
  readonly silenceMillis: number;
  /** What closing leaves to answers that are under way. */
  readonly closeMillis: number;
}

const MAX_HEADER_BYTES = 8 * 1024;

/** An HTTP server that keeps to the limits; it does not listen yet. */
export function createLimitedServer(limits: ListenerLimits, listener: RequestListener): Server {
  const places = new ConnectionPlaces(limits.connections);
  const server = createServer(
    {
      headersTimeout: limits.headersMillis,
      requestTimeout: limits.requestMillis,
      connectionsCheckingInterval: limits.checkMillis,
      maxHeaderSize: MAX_HEADER_BYTES,
    },
    (request, response) => {
      places.asked(request, response);
      listener(request, response);
    },
  );
  server.on('connection', (socket) => places.take(socket));
  // An expectation that nobody knows is passed over: the answer of Node.js itself would leave the connection open.
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
  server.setTimeout(limits.silenceMillis);
  return server;
}

/** Resolves within `closeMillis`, when every connection is closed. */
export async function closeServer(server: Server, closeMillis: number): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  const cut = setTimeout(() => server.closeAllConnections(), closeMillis);
  await closed;
  clearTimeout(cut);
}
