/** The argument array as bytes, before decoding and redaction. */
export interface RawArguments {
  readonly args: readonly Uint8Array[];
  /** How many there are in `bytes`. */
  readonly count: number;
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
  let count = 0;
  let kept = 0;
  let truncated = false;
  for (let start = 0; start < bytes.length; ) {
    const nul = bytes.indexOf(0, start);
    const end = nul === -1 ? bytes.length : nul;
    count += 1;
    if (!truncated) {
      const argument = bytes.subarray(start, end);
      if (args.length < limits.maxArgs && kept + argument.length <= limits.maxBytes) {
        args.push(argument);
        kept += argument.length;
      } else {
        truncated = true;
        if (args.length === 0) args.push(argument.subarray(0, limits.maxBytes));
      }
    }
    start = end + 1;
  }
  return { args, count, truncated };
}
