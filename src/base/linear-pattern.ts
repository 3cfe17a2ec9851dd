import { RE2JS, RE2JSSyntaxException } from 're2js';
import { patternSize } from './pattern-size.ts';

/**
 * A regular expression in the syntax of RE2, which matches in time linear to the text whatever the expression: what
 * people write into a configuration may meet text that others make up. There are no back references and nothing that
 * looks around.
 */
export interface LinearPattern {
  /** As it was written. */
  readonly source: string;
  /** What it matches, in order and not overlapping: its first group where that took part, else all of the match. Never empty. */
  matches(text: string): Iterable<{ readonly start: number; readonly end: number }>;
}

export type ParsedPattern =
  | { readonly ok: true; readonly pattern: LinearPattern }
  | { readonly ok: false; readonly reason: string };

/** More is no expression somebody writes, and costs its length with each character of a text. */
export const MAX_PATTERN_CHARACTERS = 1_000;

/**
 * So many parts with all repetitions written out: "x{500}" is 500 of them. Each costs memory, and time with each
 * character of a text, and they are what makes an expression of a thousand characters a hundred thousand parts.
 */
const MAX_PATTERN_SIZE = 2_000;

const TOO_REPETITIVE = `repeats too much: written out it has more than ${MAX_PATTERN_SIZE} parts`;

/** `reason` says what is wrong with it and where, as the end of a sentence. */
export function parseLinearPattern(source: string): ParsedPattern {
  if (source.length > MAX_PATTERN_CHARACTERS)
    return { ok: false, reason: `is longer than ${MAX_PATTERN_CHARACTERS} characters` };
  if (patternSize(source) > MAX_PATTERN_SIZE) return { ok: false, reason: TOO_REPETITIVE };
  try {
    const compiled = RE2JS.compile(source);
    if (compiled.test('')) return { ok: false, reason: 'matches an empty text, so it would match everywhere' };
    return { ok: true, pattern: { source, matches: (text) => matchesOf(compiled, text) } };
  } catch (error) {
    if (!(error instanceof RE2JSSyntaxException)) throw error;
    return { ok: false, reason: `is no regular expression: ${error.error} ${placeOf(error, source)}` };
  }
}

/** Tells whether a text holds a match. @throws {Error} saying what is wrong with the expression */
export function linearTest(source: string): (text: string) => boolean {
  if (patternSize(source) > MAX_PATTERN_SIZE) throw new Error(TOO_REPETITIVE);
  const compiled = RE2JS.compile(source);
  return (text) => compiled.test(text);
}

function* matchesOf(compiled: RE2JS, text: string) {
  // Most texts match nothing, which this tells much sooner than a matcher.
  if (!compiled.test(text)) return;
  const matcher = compiled.matcher(text);
  while (matcher.find()) {
    const group = matcher.groupCount() > 0 && matcher.start(1) >= 0 ? 1 : 0;
    const [start, end] = [matcher.start(group), matcher.end(group)];
    if (end > start) yield { start, end };
  }
}

/** How far a place is looked for: each step is a compilation. */
const MOST_STEPS_BACK = 30;

/** The engine tells no place: it is at the end of the shortest beginning with the same fault. */
function placeOf(fault: RE2JSSyntaxException, source: string): string {
  let end = source.length;
  const furthest = end - MOST_STEPS_BACK;
  while (end > 0 && end > furthest && hasFault(source.slice(0, end - 1), fault, source)) end -= 1;
  if (end > 0 && end === furthest) return `before character ${end + 1}`;
  const piece = fault.input ?? '';
  if (piece === '' || piece === source) return `at character ${end}`;
  return `in ${JSON.stringify(piece)} at character ${source.slice(0, end).lastIndexOf(piece) + 1}`;
}

function hasFault(beginning: string, { error, input }: RE2JSSyntaxException, source: string): boolean {
  const fault = syntaxFault(beginning);
  return fault?.error === error && fault.input === (input === source ? beginning : input);
}

function syntaxFault(source: string): RE2JSSyntaxException | undefined {
  try {
    RE2JS.compile(source);
    return undefined;
  } catch (error) {
    return error instanceof RE2JSSyntaxException ? error : undefined;
  }
}
