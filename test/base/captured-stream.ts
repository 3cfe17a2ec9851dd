/** A log stream that keeps what is written to it. */
export function capturedStream() {
  let text = '';
  return {
    write(chunk: string) {
      text += chunk;
    },
    on() {},
    text: () => text,
    lines: () => text.split('\n').slice(0, -1),
  };
}

export const FIXED_CLOCK = { wallMillis: () => Date.UTC(2026, 10, 23, 1, 2, 3, 456) };
