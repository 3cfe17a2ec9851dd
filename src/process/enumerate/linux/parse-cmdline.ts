/** The argument array as bytes, before decoding and redaction. */
export interface RawArguments {
  readonly args: readonly Uint8Array[];
  /** True when `args` holds fewer, or less of the last one, than there are. */
  readonly truncated: boolean;
}

export interface ArgumentLimits {
  readonly maxArgs: number;
  readonly maxBytes: number;
}

/**
 * Splits `/proc/PID/cmdline` (proc_pid_cmdline(5)): arguments end with NUL; a title written over them may lack it.
 * Whole arguments are kept up to the limits, so that redaction never sees half a secret; only a first argument that is
 * longer than `maxBytes` by itself is cut.
 */
export function parseCmdline(bytes: Uint8Array, limits: ArgumentLimits): RawArguments {
  const args: Uint8Array[] = [];
  let kept = 0;
  for (let start = 0; start < bytes.length; ) {
    const nul = bytes.indexOf(0, start);
    const end = nul === -1 ? bytes.length : nul;
    const argument = bytes.subarray(start, end);
    if (args.length === limits.maxArgs || kept + argument.length > limits.maxBytes) {
      return { args: args.length > 0 ? args : [argument.subarray(0, limits.maxBytes)], truncated: true };
    }
    args.push(argument);
    kept += argument.length;
    start = end + 1;
  }
  return { args, truncated: false };
}

/** This many NULs at the end are no empty arguments: a program that writes its title over its arguments fills up with NULs. */
const PADDING_NULS = 3;

/** Counts the arguments of a `cmdline` of any size from its pieces, in their order. */
export class ArgumentCounter {
  #bytes = 0;
  #nuls = 0;
  /** How many of them stand at the end. */
  #trailingNuls = 0;

  add(piece: Uint8Array): void {
    this.#bytes += piece.length;
    for (let i = 0; i < piece.length; i++) {
      if (piece[i] === 0) {
        this.#nuls += 1;
        this.#trailingNuls += 1;
      } else {
        this.#trailingNuls = 0;
      }
    }
  }

  get count(): number {
    const unended = this.#bytes > 0 && this.#trailingNuls === 0 ? 1 : 0;
    return this.#nuls + unended - this.#padding;
  }

  /** How many bytes there are without the padding. */
  get bytes(): number {
    return this.#bytes - this.#padding;
  }

  /** It ends as no exec leaves it: without a NUL, or with padding. */
  get rewritten(): boolean {
    return (this.#bytes > 0 && this.#trailingNuls === 0) || this.#padding > 0;
  }

  get #padding(): number {
    return this.#trailingNuls < PADDING_NULS ? 0 : this.#trailingNuls - 1;
  }
}
