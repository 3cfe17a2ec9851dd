/**
 * CPU use of all processes as of one cycle: a copy, since the enumerator goes on to sample its own objects in place, and a
 * small one, since it is made in every cycle.
 */
export class CpuUsage {
  /** Of no process. */
  static readonly NONE = new CpuUsage(new Uint32Array(0), new Float32Array(0));

  /** Ascending. */
  readonly #pids: Uint32Array;
  /** Shares of one core, NaN where there is none; in the order of the pids. */
  readonly #shares: Float32Array;

  private constructor(pids: Uint32Array, shares: Float32Array) {
    this.#pids = pids;
    this.#shares = shares;
  }

  /** @param processes ascending by pid */
  static of(processes: readonly { readonly pid: number; readonly cpuUtilization?: number | undefined }[]): CpuUsage {
    const pids = new Uint32Array(processes.length);
    const shares = new Float32Array(processes.length);
    for (const [index, { pid, cpuUtilization }] of processes.entries()) {
      pids[index] = pid;
      shares[index] = cpuUtilization ?? Number.NaN;
    }
    return new CpuUsage(pids, shares);
  }

  /** Share of one core (1.0 = one core); undefined where it is not known. */
  of(pid: number): number | undefined {
    let low = 0;
    let high = this.#pids.length - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const found = this.#pids[middle] as number;
      if (found === pid) return known(this.#shares[middle]);
      if (found < pid) low = middle + 1;
      else high = middle - 1;
    }
    return undefined;
  }
}

/** To a ten-thousandth: a single-precision number as a double would pretend to more. */
function known(share: number | undefined): number | undefined {
  return share === undefined || Number.isNaN(share) ? undefined : Math.round(share * 1e4) / 1e4;
}
