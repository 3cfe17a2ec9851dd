import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { systemErrorCode } from '../../src/base/errors.ts';

/** Where a listener is: a Unix socket or a port of this host. */
export type Address = { readonly path: string } | { readonly host: string; readonly port: number };

/** A connection that says what it is told to, HTTP or not. */
export async function open(address: Address): Promise<Socket> {
  const socket = connect({ ...address, allowHalfOpen: true });
  // A server that cuts us off is what some tests wait for; it shows as the end.
  socket.on('error', () => {});
  socket.on('end', () => socket.end());
  try {
    await once(socket, 'connect');
    return socket;
  } catch (error) {
    // The queue of a Unix socket is full: a connect(2) that blocks would wait for room, and so does this.
    if (systemErrorCode(error) !== 'EAGAIN') throw error;
    await nextTurn();
    return open(address);
  }
}

/** What comes until the other side closes. */
export async function readToEnd(socket: Socket): Promise<string> {
  let text = '';
  socket.setEncoding('latin1').on('data', (piece) => {
    text += String(piece);
  });
  // Not `once`, which would take an error, shown as the end here, for a failure of the test.
  if (!socket.closed) await new Promise((resolve) => socket.on('close', resolve));
  return text;
}

export async function exchange(address: Address, bytes: string | Uint8Array): Promise<string> {
  const socket = await open(address);
  socket.write(bytes);
  return readToEnd(socket);
}
