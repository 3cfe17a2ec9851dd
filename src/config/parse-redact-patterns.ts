import { parseLinearPattern } from '../base/linear-pattern.ts';
import type { Given, SectionReader } from './section-reader.ts';

const MAX_PATTERNS = 100;
const MAX_PATTERN_LENGTH = 4_096;

/**
 * What the section `redact-patterns` says: regular expressions of what is hidden besides. They may spell out secrets, so
 * that a mistake names the place and quotes nothing.
 */
export function parseRedactPatterns(section: Given, reader: SectionReader): readonly string[] {
  const items = reader.list(section) ?? [];
  if (items.length > MAX_PATTERNS) {
    reader.refuse(section, `has ${items.length} entries, at most ${MAX_PATTERNS} are allowed`);
  }
  return items.slice(0, MAX_PATTERNS).flatMap((item) => {
    const text = reader.text(item, MAX_PATTERN_LENGTH);
    const parsed = text === undefined ? undefined : parseLinearPattern(text);
    if (parsed === undefined) return [];
    if (parsed.ok) return [parsed.pattern.source];
    reader.refuse(item, parsed.reason);
    return [];
  });
}
