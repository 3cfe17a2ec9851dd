import type { ProcessDetails } from '../event/process-row.ts';
import type { Process } from './enumerate/enumerator.ts';

/** Reads and hashes one file; never rejects. */
export interface FileHasher {
  hash(executable: {
    readonly link: string;
    readonly device: number;
    readonly inode: number;
  }): Promise<string | undefined>;
}

/**
 * Hashes of the executables of the snapshot's processes. Asked for after a cycle and there when they are there: a cycle
 * never waits for them, and a hash that came late is told with the next `observed`.
 */
export class ExecutableHashes {
  readonly #hasher: FileHasher;
  readonly #procRoot: string;
  /** By the object of details: the enumerator makes a new one when an exec or a replaced file shows. */
  readonly #known = new WeakMap<ProcessDetails, { hash?: string | undefined }>();
  readonly #untold = new WeakSet<ProcessDetails>();

  constructor(hasher: FileHasher, procRoot: string) {
    this.#hasher = hasher;
    this.#procRoot = procRoot;
  }

  of(details: ProcessDetails | undefined): string | undefined {
    return details === undefined ? undefined : this.#known.get(details)?.hash;
  }

  /** True for a hash that came after its process was last told. */
  isLate(details: ProcessDetails | undefined): boolean {
    return details !== undefined && this.#untold.has(details);
  }

  /** To be called after the commit that told them. */
  told(processes: readonly Process[]): void {
    for (const { details } of processes) if (details !== undefined) this.#untold.delete(details);
  }

  /** Resolves when all have been tried. */
  async request(processes: readonly Process[]): Promise<void> {
    await Promise.all(processes.map((process) => this.#request(process)));
  }

  async #request({ pid, details }: Process): Promise<void> {
    const device = details?.executableDevice;
    const inode = details?.executableInode;
    if (details === undefined || device === undefined || inode === undefined || this.#known.has(details)) return;
    const entry: { hash?: string | undefined } = {};
    this.#known.set(details, entry);
    entry.hash = await this.#hasher.hash({ link: `${this.#procRoot}/${pid}/exe`, device, inode });
    if (entry.hash !== undefined) this.#untold.add(details);
  }
}
