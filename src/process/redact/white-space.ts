/** The white space that shells and programs split at: space, tab, line ends. */
export function isSpace(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d);
}

/** Offset of the first character from `from` on that is no white space. */
export function skipSpaces(text: string, from: number): number {
  let at = from;
  while (at < text.length && isSpace(text.charCodeAt(at))) at += 1;
  return at;
}

/** Most words are short: looking at each character is done before an expression has begun. */
export function holdsSpace(text: string): boolean {
  return skipWord(text, 0) < text.length;
}

function skipWord(text: string, from: number): number {
  let at = from;
  while (at < text.length && !isSpace(text.charCodeAt(at))) at += 1;
  return at;
}
