import { once } from 'node:events';
import { createServer, type Server } from 'node:net';

/**
 * Asks the kernel for a TCP port of 127.0.0.1 per name which nothing listens on. They are held together until all are
 * known: one after the other could be the same one twice.
 */
export async function freePorts<Name extends string>(names: readonly Name[]): Promise<Record<Name, number>> {
  const servers = await Promise.all(names.map(listenAnywhere));
  const ports = Object.fromEntries(names.map((name, index) => [name, portOf(servers[index])]));
  await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()));
  return ports as Record<Name, number>;
}

async function listenAnywhere(): Promise<Server> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

function portOf(server: Server | undefined): number {
  const address = server?.address();
  if (typeof address === 'object' && address) return address.port;
  throw new Error('the server listens on no port');
}
