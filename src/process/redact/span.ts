import type { Mark } from './fingerprint.ts';
import { isMark, markAround, mayHoldMarks } from './mark.ts';
import type { Redacted } from './redacted.ts';

/** A part of a text: UTF-16 offsets, `end` is the first one after it. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Puts a mark in the place of every span; spans may overlap and come in any order. Returns `text` itself where none is left. */
export function replaceSpans(text: string, spans: readonly Span[], mark: Mark): Redacted<string> {
  let value = '';
  let copied = 0;
  let redactions = 0;
  for (const { start, end } of disjoint(text, spans)) {
    const secret = text.slice(start, end);
    if (isMark(secret)) continue;
    value += text.slice(copied, start) + mark(secret);
    copied = end;
    redactions += 1;
  }
  return redactions === 0 ? { value: text, redactions } : { value: value + text.slice(copied), redactions };
}

function disjoint(text: string, spans: readonly Span[]): readonly Span[] {
  const whole = mayHoldMarks(text) ? spans.map((span) => withWholeMarks(text, span)) : spans;
  if (whole.length < 2) return whole.filter(({ start, end }) => end > start);
  const merged: { start: number; end: number }[] = [];
  for (const { start, end } of whole.toSorted((a, b) => a.start - b.start)) {
    if (end <= start) continue;
    const last = merged.at(-1);
    if (last !== undefined && start <= last.end) last.end = Math.max(last.end, end);
    else merged.push({ start, end });
  }
  return merged;
}

/** A span that cuts an older mark in two takes all of it: redacting twice gives what redacting once gave. */
function withWholeMarks(text: string, { start, end }: Span): Span {
  return { start: markAround(text, start)?.start ?? start, end: markAround(text, end)?.end ?? end };
}
