import diagnosticsChannel from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { handedToWriteBytes } from '../host/process-figures.ts';

const sockets: Socket[] = [];
diagnosticsChannel.subscribe('net.client.socket', (message) => {
  sockets.push((message as { socket: Socket }).socket);
});

/** Bytes this process has written to files since its start: all it wrote, without what went through sockets it opened. */
export function fileBytesWritten(): number {
  return handedToWriteBytes('self') - sockets.reduce((sum, socket) => sum + socket.bytesWritten, 0);
}
