/** What stands in the place of a secret; with its fingerprint it is `[redacted:3f9a2c41]`. */
export const REDACTED = '[redacted]';

/**
 * Hex digits of a fingerprint: 32 bits. Among a thousand secrets of a host two meet by chance once in ten thousand hosts;
 * and whatever becomes of the key, a mark never tells more than 32 bits of a secret: too few to find one that was drawn.
 */
export const FINGERPRINT_CHARACTERS = 8;

const BEGIN = REDACTED.slice(0, -1);
const MARK = new RegExp(`\\[redacted(?::[0-9a-f]{${FINGERPRINT_CHARACTERS}})?\\]`, 'y');

const FINGERPRINTED = new RegExp(`\\[redacted:[0-9a-f]{${FINGERPRINT_CHARACTERS}}\\]`, 'g');

/** Characters of the longest mark. */
export const MAX_MARK_CHARACTERS = REDACTED.length + 1 + FINGERPRINT_CHARACTERS;

export function markOf(fingerprint: string): string {
  return `${BEGIN}:${fingerprint}]`;
}

/** All marks alike: what is left of a text when nothing is told of its secrets. */
export function withoutFingerprints(text: string): string {
  return mayHoldMarks(text) ? text.replaceAll(FINGERPRINTED, REDACTED) : text;
}

export function mayHoldMarks(text: string): boolean {
  return text.includes(BEGIN);
}

/** Tells whether `text` is one mark and nothing else. */
export function isMark(text: string): boolean {
  return text.startsWith(BEGIN) && text.length <= MAX_MARK_CHARACTERS && markEnd(text, 0) === text.length;
}

/** The mark that `offset` stands inside of, its edges not counted. */
export function markAround(text: string, offset: number): { readonly start: number; readonly end: number } | undefined {
  const from = Math.max(0, offset - MAX_MARK_CHARACTERS + 1);
  const begin = text.slice(from, offset + BEGIN.length - 1).lastIndexOf(BEGIN);
  if (begin < 0) return undefined;
  const start = from + begin;
  const end = markEnd(text, start);
  return end !== undefined && start < offset && offset < end ? { start, end } : undefined;
}

/** Where the last mark of `text` ends; 0 where there is none. */
export function endOfLastMark(text: string): number {
  if (!mayHoldMarks(text)) return 0;
  for (let at = text.lastIndexOf(BEGIN); at >= 0; at = at === 0 ? -1 : text.lastIndexOf(BEGIN, at - 1)) {
    const end = markEnd(text, at);
    if (end !== undefined) return end;
  }
  return 0;
}

/** Tells whether the `:` at `colon` belongs to a mark. */
export function isColonOfMark(text: string, colon: number): boolean {
  return text.startsWith(BEGIN, colon - BEGIN.length) && markEnd(text, colon - BEGIN.length) !== undefined;
}

function markEnd(text: string, start: number): number | undefined {
  MARK.lastIndex = start;
  return MARK.test(text) ? MARK.lastIndex : undefined;
}
