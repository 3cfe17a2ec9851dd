import type { Span } from './span.ts';

/** Takes a secret part of the argument with that index. */
export type Hide = (argument: number, span: Span) => void;

/** Arguments as one text, with a space between them, for what reaches over several. */
export class JoinedArguments {
  readonly text: string;
  readonly #starts: readonly number[];

  constructor(args: readonly string[]) {
    let start = 0;
    this.#starts = args.map((arg) => {
      const own = start;
      start += arg.length + 1;
      return own;
    });
    this.text = args.join(' ');
  }

  /** Index of the argument that `offset` lies in; a space belongs to the argument before it. */
  argumentAt(offset: number): number {
    let [low, high] = [0, this.#starts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.#starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  endOf(argument: number): number {
    return (this.#starts[argument + 1] ?? this.text.length + 1) - 1;
  }

  /** Hands the part of each argument that lies in `span` to `hide`. */
  hide({ start, end }: Span, hide: Hide): void {
    for (let argument = this.argumentAt(start); argument < this.#starts.length; argument += 1) {
      const offset = this.#starts[argument] ?? 0;
      if (offset >= end) return;
      const part = { start: Math.max(0, start - offset), end: Math.min(end, this.endOf(argument)) - offset };
      if (part.end > part.start) hide(argument, part);
    }
  }
}
