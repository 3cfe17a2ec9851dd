import { once } from 'node:events';
import { existsSync, lstatSync, unlinkSync } from 'node:fs';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { errorMessage, ProcmondError, systemErrorCode } from '../base/errors.ts';
import { socketPathProblem } from '../base/socket-path.ts';

/**
 * Makes `server` listen on a Unix socket that nobody but this user can open. A socket file that a dead process left is
 * replaced; one that somebody answers on, or a file of another kind, is not touched.
 * @throws {ProcmondError} CONTROL_SOCKET_FAILED naming the path, the reason and what to do
 */
export async function listenOnSocket(server: Server, path: string): Promise<void> {
  const problem = socketPathProblem(path);
  if (problem !== undefined) throw failed(path, `it ${problem}; choose a shorter one with --control-socket`);
  try {
    await bind(server, path);
  } catch (error) {
    if (systemErrorCode(error) !== 'EADDRINUSE') throw failed(path, reasonOf(error, path), error);
    await removeStale(path);
    try {
      await bind(server, path);
    } catch (again) {
      throw failed(path, reasonOf(again, path), again);
    }
  }
  const { mode } = lstatSync(path);
  if ((mode & OTHERS) !== 0) {
    server.close();
    throw failed(path, `its mode is ${(mode & 0o777).toString(8)} there, so that others could use it; ${ELSEWHERE}`);
  }
}

const OTHERS = 0o077;
const ELSEWHERE = 'choose another place with --control-socket, or --control-socket none';

/** The mode of a socket comes from the umask when it is bound, which happens before `listen` returns. */
async function bind(server: Server, path: string): Promise<void> {
  const before = process.umask(0o177);
  try {
    server.listen(path);
  } finally {
    process.umask(before);
  }
  await once(server, 'listening');
}

/** @throws {ProcmondError} CONTROL_SOCKET_FAILED unless nothing is there, or a socket that nobody answers on */
export async function removeStale(path: string): Promise<void> {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSocket() === false) {
    throw failed(path, `there is something that is no socket; move it away, or ${ELSEWHERE}`);
  }
  const reason = await connectFailure(path);
  switch (reason) {
    case undefined:
      throw failed(path, `another program answers there, perhaps another procmond; stop it, or ${ELSEWHERE}`);
    case 'ECONNREFUSED':
      unlinkSync(path);
      return;
    // It went by itself.
    case 'ENOENT':
      return;
    default:
      throw failed(path, `it is there, and cannot be connected to (${reason}); remove it, or ${ELSEWHERE}`);
  }
}

/** The code of what kept a connection from being made; undefined when one was. */
async function connectFailure(path: string): Promise<string | undefined> {
  const socket = connect(path);
  try {
    await once(socket, 'connect');
    return undefined;
  } catch (error) {
    return systemErrorCode(error) ?? errorMessage(error);
  } finally {
    socket.destroy();
  }
}

function reasonOf(error: unknown, path: string): string {
  // libuv makes EACCES of the kernel's ENOENT.
  if (!existsSync(dirname(path))) return `there is no such directory; make it, or ${ELSEWHERE}`;
  const code = systemErrorCode(error);
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return `this user may not make a socket there (${code}); ${ELSEWHERE}`;
  }
  return `${errorMessage(error)}; ${ELSEWHERE}`;
}

function failed(path: string, why: string, cause?: unknown): ProcmondError {
  return new ProcmondError('CONTROL_SOCKET_FAILED', `cannot listen on the control socket ${path}: ${why}`, { cause });
}
