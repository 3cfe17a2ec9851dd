/** What a logger needs of stderr. */
export interface LogStream {
  write(text: string): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
}

/**
 * A function that writes lines to `stream` and survives whatever becomes of it: the reader of a pipe may be gone
 * (EPIPE), the disk behind a redirection full. There is nowhere left to tell it, and logging must not end the program.
 */
export function lineWriter(stream: LogStream): (line: string) => void {
  stream.on('error', ignore);
  return (line) => {
    try {
      stream.write(`${line}\n`);
    } catch {
      // A stream may throw as well as emit; either way only this line is lost.
    }
  };
}

function ignore(): void {}
