import { ProcmondError } from '../../base/errors.ts';
import { type LinearPattern, parseLinearPattern } from '../../base/linear-pattern.ts';
import { shortDigest } from './fingerprint.ts';
import { type Hide, JoinedArguments } from './joined-arguments.ts';
import type { Span } from './span.ts';

/**
 * Each match is a search of its own, and a search may read to the end of a text to find out that nothing ends there. A
 * text with more matches of one pattern is hidden from there on.
 */
const MAX_MATCHES = 128;

/** What people want hidden besides: what their regular expressions match. */
export class CustomPatterns {
  /** Tells these patterns from others; undefined where there are none. */
  readonly id: string | undefined;
  readonly #patterns: readonly LinearPattern[];

  /** @throws {ProcmondError} CONFIG_INVALID naming the first pattern that is none */
  constructor(sources: readonly string[]) {
    this.id = sources.length === 0 ? undefined : shortDigest(JSON.stringify(sources));
    this.#patterns = sources.map((source, index) => {
      const parsed = parseLinearPattern(source);
      if (parsed.ok) return parsed.pattern;
      throw new ProcmondError('CONFIG_INVALID', `pattern ${index + 1} (${JSON.stringify(source)}) ${parsed.reason}`);
    });
  }

  find(text: string, spans: Span[]): void {
    for (const pattern of this.#patterns) findMatches(pattern, text, spans);
  }

  /** A pattern sees arguments as a person would write them: one text, a space between each two. */
  findInArguments(args: readonly string[], hide: Hide): void {
    if (this.#patterns.length === 0) return;
    const joined = new JoinedArguments(args);
    const spans: Span[] = [];
    this.find(joined.text, spans);
    for (const span of spans) joined.hide(span, hide);
  }
}

function findMatches(pattern: LinearPattern, text: string, spans: Span[]): void {
  let matches = 0;
  for (const { start, end } of pattern.matches(text)) {
    matches += 1;
    if (matches > MAX_MATCHES) {
      spans.push({ start, end: text.length });
      return;
    }
    spans.push({ start, end });
  }
}
