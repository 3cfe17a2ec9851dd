import type { Redactor } from '../../../src/process/redact/redactor.ts';
import type { Span } from '../../../src/process/redact/span.ts';
import type { CorpusRow } from './corpus.ts';

/** How well a redactor did on some rows. */
export interface Score {
  readonly rows: number;
  readonly secrets: number;
  /** Secrets of which no character is left. */
  readonly hidden: number;
  readonly redactions: number;
  /** Redactions that hid a secret, or a part of one. */
  readonly right: number;
  /** Redactions that hid a secret and nothing beside it. */
  readonly exact: number;
  readonly misses: readonly Miss[];
}

export interface Miss {
  readonly kind: 'left' | 'hidden for nothing';
  readonly row: CorpusRow;
  readonly text: string;
  readonly output: readonly string[];
}

export function recallOf({ hidden, secrets }: Score): number {
  return secrets === 0 ? 1 : hidden / secrets;
}

export function precisionOf({ right, redactions }: Score): number {
  return redactions === 0 ? 1 : right / redactions;
}

export function score(redactor: Redactor, rows: readonly CorpusRow[]): Score {
  let [secrets, hidden, redactions, right, exact] = [0, 0, 0, 0, 0];
  const misses: Miss[] = [];
  for (const row of rows) {
    const output = redactor.arguments(row.args).value;
    for (const [index, arg] of row.args.entries()) {
      const marked = row.secrets[index] ?? [];
      const replaced = replacedSpans(arg, output[index] ?? '');
      const miss = (kind: Miss['kind'], { start, end }: Span) =>
        misses.push({ kind, row, text: arg.slice(start, end), output });
      for (const secret of marked) {
        secrets += 1;
        if (isCovered(secret, replaced)) hidden += 1;
        else miss('left', secret);
      }
      for (const span of replaced) {
        redactions += 1;
        if (marked.some((secret) => secret.start < span.end && span.start < secret.end)) right += 1;
        else miss('hidden for nothing', span);
        if (marked.some((secret) => secret.start === span.start && secret.end === span.end)) exact += 1;
      }
    }
  }
  return { rows: rows.length, secrets, hidden, redactions, right, exact, misses };
}

function isCovered({ start, end }: Span, replaced: readonly Span[]): boolean {
  return replaced.some((span) => span.start <= start && span.end >= end);
}

const MARK = /\[redacted(?::[0-9a-f]+)?\]/;

/** Which parts of `input` a mark stands for in `output`: what is between the marks is found again in its order. */
function replacedSpans(input: string, output: string): Span[] {
  const kept = output.split(MARK);
  const spans: Span[] = [];
  let end = (kept[0] ?? '').length;
  for (const [index, piece] of kept.slice(1).entries()) {
    const start = end;
    const isLast = index === kept.length - 2;
    const next = isLast ? input.length - piece.length : input.indexOf(piece, start + 1);
    if (next <= start || !input.startsWith(piece, next)) throw new Error(`${output} does not come from ${input}`);
    spans.push({ start, end: next });
    end = next + piece.length;
  }
  return spans;
}
