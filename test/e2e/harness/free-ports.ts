import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Below the ports that Linux gives to outgoing connections (ip(7), `ip_local_port_range`, 32768 to 60999 by default):
 * one of those could be taken by any connection before what it was meant for listens on it.
 */
const LOWEST_PORT = 20_000;
const HIGHEST_PORT = 32_767;

let lastPort = randomInt(LOWEST_PORT, HIGHEST_PORT);

/** A TCP port of 127.0.0.1 per name, which nothing listens on; none is given twice. */
export async function freePorts<Name extends string>(names: readonly Name[]): Promise<Record<Name, number>> {
  const ports: Partial<Record<Name, number>> = {};
  for (const name of names) ports[name] = await freePort();
  return ports as Record<Name, number>;
}

async function freePort(): Promise<number> {
  for (let tries = LOWEST_PORT; tries <= HIGHEST_PORT; tries += 1) {
    lastPort = lastPort < HIGHEST_PORT ? lastPort + 1 : LOWEST_PORT;
    if (await isFree(lastPort)) return lastPort;
  }
  throw new Error(`no port of 127.0.0.1 from ${LOWEST_PORT} to ${HIGHEST_PORT} is free`);
}

async function isFree(port: number): Promise<boolean> {
  try {
    await using server = createServer().listen(port, '127.0.0.1');
    await once(server, 'listening');
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') return false;
    throw error;
  }
}
