import type { Span } from './span.ts';

/** PEM (RFC 7468): only private keys are secrets. Newlines may have become `\n` in writing, or spaces where a shell split them. */
const BEGIN = /-----BEGIN [A-Z0-9 ]{0,32}PRIVATE KEY(?: BLOCK)?-----/gi;
const END = /-----END /gi;
const BODY_LINE = /^[A-Za-z0-9+/=]{32,}$/;
const LAST_BODY_LINE = /^[A-Za-z0-9+/]{1,80}={0,2}$/;

/** Finds the body of every private key in a text; one without an end reaches to the end of the text. */
export function findPrivateKeys(text: string, spans: Span[]): void {
  BEGIN.lastIndex = 0;
  for (let begin = BEGIN.exec(text); begin !== null; begin = BEGIN.exec(text)) {
    const start = BEGIN.lastIndex;
    const end = endAfter(text, start) ?? text.length;
    spans.push({ start, end });
    BEGIN.lastIndex = end;
  }
}

/** As `findPrivateKeys`, of a key that lies over several arguments: `spansOf[i]` takes what is found in `args[i]`. */
export function findSplitPrivateKeys(args: readonly string[], spansOf: readonly Span[][]): void {
  const offsets = startOffsets(args);
  const joined = args.join(' ');
  const lastEnd = joined.toUpperCase().lastIndexOf('-----END ');
  BEGIN.lastIndex = 0;
  for (let begin = BEGIN.exec(joined); begin !== null; begin = BEGIN.exec(joined)) {
    const start = BEGIN.lastIndex;
    const end = (start <= lastEnd ? endAfter(joined, start) : undefined) ?? endOfBodyLines(args, offsets, start);
    hideAcross(args, offsets, { start, end }, spansOf);
    BEGIN.lastIndex = end;
  }
}

function endAfter(text: string, start: number): number | undefined {
  END.lastIndex = start;
  return END.exec(text)?.index;
}

/** Without an end: the rest of the argument, and the arguments after it that look like lines of the body. */
function endOfBodyLines(args: readonly string[], offsets: readonly number[], start: number): number {
  let index = argumentAt(offsets, start);
  while (BODY_LINE.test(args[index + 1] ?? '')) index += 1;
  const hasBodyLines = BODY_LINE.test(args[index] ?? '');
  if (hasBodyLines && LAST_BODY_LINE.test(args[index + 1] ?? '')) index += 1;
  return (offsets[index] ?? 0) + (args[index] ?? '').length;
}

function hideAcross(args: readonly string[], offsets: readonly number[], body: Span, spansOf: readonly Span[][]): void {
  for (let index = argumentAt(offsets, body.start); index < args.length; index += 1) {
    const offset = offsets[index] ?? 0;
    if (offset >= body.end) return;
    const start = Math.max(0, body.start - offset);
    spansOf[index]?.push({ start, end: Math.min(body.end - offset, (args[index] ?? '').length) });
  }
}

function startOffsets(args: readonly string[]): number[] {
  const offsets: number[] = [];
  let offset = 0;
  for (const arg of args) {
    offsets.push(offset);
    offset += arg.length + 1;
  }
  return offsets;
}

/** Index of the argument that `offset` of the joined arguments lies in. */
function argumentAt(offsets: readonly number[], offset: number): number {
  const after = offsets.findIndex((start) => start > offset);
  return (after < 0 ? offsets.length : after) - 1;
}
