import { type Hide, JoinedArguments } from './joined-arguments.ts';
import type { Span } from './span.ts';

/** PEM (RFC 7468): only private keys are secrets. Newlines may have become `\n` in writing, or spaces where a shell split them. */
const BEGIN = /-----BEGIN [A-Z0-9 ]{0,32}PRIVATE KEY(?: BLOCK)?-----/gi;
const END = /-----END /gi;
const BODY_LINE = /^[A-Za-z0-9+/=]{32,}$/;
const LAST_BODY_LINE = /^[A-Za-z0-9+/]{1,80}={0,2}$/;

/** What every private key holds. */
export const PEM_BOUNDARY = '-----';

/** Finds the body of every private key in a text; one without an end reaches to the end of the text. */
export function findPrivateKeys(text: string, spans: Span[]): void {
  if (!text.includes(PEM_BOUNDARY)) return;
  BEGIN.lastIndex = 0;
  for (let begin = BEGIN.exec(text); begin !== null; begin = BEGIN.exec(text)) {
    const start = BEGIN.lastIndex;
    const end = endAfter(text, start) ?? text.length;
    spans.push({ start, end });
    BEGIN.lastIndex = end;
  }
}

/** As `findPrivateKeys`, of a key that lies over several arguments. */
export function findSplitPrivateKeys(args: readonly string[], hide: Hide): void {
  const joined = new JoinedArguments(args);
  const { text } = joined;
  const lastEnd = text.toUpperCase().lastIndexOf('-----END ');
  BEGIN.lastIndex = 0;
  for (let begin = BEGIN.exec(text); begin !== null; begin = BEGIN.exec(text)) {
    const start = BEGIN.lastIndex;
    const end =
      (start <= lastEnd ? endAfter(text, start) : undefined) ??
      joined.endOf(lastArgumentOfBody(args, joined.argumentAt(start)));
    joined.hide({ start, end }, hide);
    BEGIN.lastIndex = end;
  }
}

function endAfter(text: string, start: number): number | undefined {
  END.lastIndex = start;
  return END.exec(text)?.index;
}

/** Without an end: the rest of the argument, and the arguments after it that look like lines of the body. */
function lastArgumentOfBody(args: readonly string[], first: number): number {
  let index = first;
  while (BODY_LINE.test(args[index + 1] ?? '')) index += 1;
  const hasBodyLines = BODY_LINE.test(args[index] ?? '');
  return hasBodyLines && LAST_BODY_LINE.test(args[index + 1] ?? '') ? index + 1 : index;
}
