/** What people can read in one go, and terminals show. */
const DEFAULT_WIDTH = 100;

/** Breaks `text` between words; the first line starts with `first`, the others with `next`. */
export function wrapText(
  text: string,
  { first, next, width = DEFAULT_WIDTH }: { readonly first: string; readonly next: string; readonly width?: number },
): string {
  const lines: string[] = [];
  let line = first;
  let isEmpty = true;
  for (const word of text.split(' ')) {
    if (!isEmpty && line.length + 1 + word.length > width) {
      lines.push(line);
      line = next;
      isEmpty = true;
    }
    line += isEmpty ? word : ` ${word}`;
    isEmpty = false;
  }
  return [...lines, line].join('\n');
}
