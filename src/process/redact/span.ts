import { REDACTED, type Redacted } from './redacted.ts';

/** A part of a text: UTF-16 offsets, `end` is the first one after it. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Puts `[redacted]` in the place of every span; spans may overlap and come in any order. Returns `text` itself where none is left. */
export function replaceSpans(text: string, spans: readonly Span[]): Redacted<string> {
  let value = '';
  let copied = 0;
  let redactions = 0;
  for (const span of disjoint(text, spans)) {
    if (isMark(text, span)) continue;
    value += text.slice(copied, span.start) + REDACTED;
    copied = span.end;
    redactions += 1;
  }
  return redactions === 0 ? { value: text, redactions } : { value: value + text.slice(copied), redactions };
}

function disjoint(text: string, spans: readonly Span[]): Span[] {
  const whole = text.includes(REDACTED) ? spans.map((span) => withWholeMarks(text, span)) : spans;
  const merged: { start: number; end: number }[] = [];
  for (const { start, end } of whole.toSorted((a, b) => a.start - b.start)) {
    if (end <= start) continue;
    const last = merged.at(-1);
    if (last !== undefined && start <= last.end) last.end = Math.max(last.end, end);
    else merged.push({ start, end });
  }
  return merged;
}

/** A span that cuts an older `[redacted]` in two takes all of it: redacting twice gives what redacting once gave. */
function withWholeMarks(text: string, { start, end }: Span): Span {
  const before = markAround(text, start);
  const after = markAround(text, end);
  return { start: before ?? start, end: after === undefined ? end : after + REDACTED.length };
}

/** Start of the `[redacted]` that `offset` stands inside of, its edges not counted. */
function markAround(text: string, offset: number): number | undefined {
  const from = Math.max(0, offset - REDACTED.length + 1);
  const at = text.slice(from, offset + REDACTED.length - 1).indexOf(REDACTED);
  return at < 0 ? undefined : from + at;
}

function isMark(text: string, { start, end }: Span): boolean {
  return end - start === REDACTED.length && text.startsWith(REDACTED, start);
}
