import { lstatSync } from 'node:fs';
import type { Server } from 'node:http';
import { errorMessage, systemErrorCode } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import { listenOnSocket, removeStale } from './listen-on-socket.ts';

/** Holds a server to the path of its socket: one whose file was removed listens on, and nobody can reach it. */
export class SocketPlace {
  readonly #server: Server;
  readonly #path: string;
  readonly #logger: Logger;
  /** Device and inode of the socket that `server` listens on. */
  #file: string | undefined;
  /** Why the last attempt to listen anew failed. */
  #trouble: string | undefined;
  #attempt: Promise<void> | undefined;

  private constructor(server: Server, path: string, logger: Logger) {
    this.#server = server;
    this.#path = path;
    this.#logger = logger;
  }

  /** @throws {ProcmondError} CONTROL_SOCKET_FAILED */
  static async take(server: Server, path: string, logger: Logger): Promise<SocketPlace> {
    const place = new SocketPlace(server, path, logger);
    await place.#listen();
    server.on('error', (error) => {
      // Who tries to listen says itself what it failed of.
      if (place.#attempt === undefined) logger.warn(`the control socket goes on after: ${errorMessage(error)}`);
    });
    return place;
  }

  /** Listens anew where the socket has gone from its path. What cannot be done is told once. Never rejects. */
  keep(): Promise<void> {
    this.#attempt ??= this.#keep().finally(() => {
      this.#attempt = undefined;
    });
    return this.#attempt;
  }

  /** Resolves when nothing is being tried. */
  async settled(): Promise<void> {
    await this.#attempt;
  }

  async #keep(): Promise<void> {
    if (this.#server.listening && !this.#isGone()) return;
    try {
      // One that another program answers on is not to be taken: closing ours would remove it by its name.
      await removeStale(this.#path);
      // Answers and streams that are under way are not ended by that.
      if (this.#server.listening) this.#server.close();
      await this.#listen();
    } catch (error) {
      const trouble = errorMessage(error);
      if (trouble !== this.#trouble) {
        this.#logger.warn(`the control socket was removed, and is tried anew after each cycle: ${trouble}`);
      }
      this.#trouble = trouble;
      return;
    }
    this.#trouble = undefined;
    this.#logger.warn(`the control socket ${this.#path} was removed: procmond listens there anew`);
  }

  async #listen(): Promise<void> {
    await listenOnSocket(this.#server, this.#path);
    this.#file = fileAt(this.#path);
  }

  /** False where it cannot be known: in a directory that may not be entered for now, it may well be there. */
  #isGone(): boolean {
    try {
      return fileAt(this.#path) !== this.#file;
    } catch (error) {
      const code = systemErrorCode(error);
      return code === 'ENOENT' || code === 'ENOTDIR';
    }
  }
}

function fileAt(path: string): string {
  const { dev, ino } = lstatSync(path, { bigint: true });
  return `${dev} ${ino}`;
}
