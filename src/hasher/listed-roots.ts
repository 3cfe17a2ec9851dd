import { constants } from 'node:fs';
import { type FileHandle, open, readlink, realpath } from 'node:fs/promises';
import { normalize } from 'node:path';
import type { HashFailureReason } from '../base/observer.ts';

/** No symbolic link as the last part; no waiting for the other end of a FIFO; no terminal becomes ours. */
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;

/** The folders below which files may be opened by their path. */
export class ListedRoots {
  readonly #roots: readonly string[];

  /** @param roots absolute */
  constructor(roots: readonly string[]) {
    this.#roots = roots.map((root) => normalize(root).replace(/\/+$/, ''));
  }

  /** Judged by the text alone, so that the answer tells nothing of what there is. */
  allows(path: string): boolean {
    return normalize(path) === path && !path.endsWith('/') && isBelow(path, this.#roots);
  }

  /**
   * Opens a file whose path is allowed. Where folders on the way are symbolic links, the descriptor says where they led;
   * it is what is judged, and what is read. `denied`: out of the roots.
   * @throws the system's refusals; ELOOP for a symbolic link
   */
  async open(path: string): Promise<FileHandle | HashFailureReason> {
    const file = await open(path, FLAGS);
    let inside = false;
    try {
      inside = isBelow(await readlink(`/proc/self/fd/${file.fd}`), await this.#resolved());
    } finally {
      if (!inside) await file.close();
    }
    return inside ? file : 'denied';
  }

  /** As they are now: `/bin` is a link to `/usr/bin` on most systems. Those that are not there hold no file. */
  async #resolved(): Promise<readonly string[]> {
    const resolved = await Promise.all(this.#roots.map((root) => realpath(root || '/').catch(() => undefined)));
    return resolved.filter((root) => root !== undefined).map((root) => (root === '/' ? '' : root));
  }
}

function isBelow(path: string, roots: readonly string[]): boolean {
  return roots.some((root) => path.startsWith(`${root}/`));
}
