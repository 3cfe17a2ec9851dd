/**
 * The first match of a global expression; `expression.exec(text)` gives the next ones. `matchAll` does the same, but makes
 * a copy of the expression each time, which costs more than it finds in a short text.
 */
export function firstMatch(expression: RegExp, text: string): RegExpExecArray | null {
  expression.lastIndex = 0;
  return expression.exec(text);
}
