import { type ExpectedProcess, MAX_EXPECTED_PROCESSES } from '../event/rule-settings.ts';
import { printableValue } from './problem.ts';
import { type Given, isKebabCase, KEBAB_CASE, type SectionReader } from './section-reader.ts';

const MATCHERS = ['comm', 'executable', 'args', 'user', 'unit'] as const;
const KEYS = [...MATCHERS, 'count', 'grace', 'flapping-restarts', 'flapping-minutes'] as const;

const MAX_PATTERN_LENGTH = 4_096;
const MAX_COUNT = 1_000;
const MAX_GRACE_SECONDS = 86_400;
const MAX_RESTARTS = 100;
const MAX_MINUTES = 1_440;

const DEFAULT_RESTARTS = 5;
const DEFAULT_MINUTES = 10;

/** What the section `expected-processes` says: names of the user's, and how each is known. */
export function parseExpectedProcesses(section: Given, reader: SectionReader): readonly ExpectedProcess[] {
  const entries = reader.entries(section) ?? [];
  if (entries.length > MAX_EXPECTED_PROCESSES) {
    reader.refuse(section, `has ${entries.length} entries, at most ${MAX_EXPECTED_PROCESSES} are allowed`);
  }
  const seen = new Set<string>();
  return entries.slice(0, MAX_EXPECTED_PROCESSES).flatMap(([name, given]) => {
    if (!isKebabCase(name)) {
      reader.refuse(given, 'is not a name', { value: printableValue(name), allowed: KEBAB_CASE });
    } else if (seen.has(name)) reader.refuse(given, 'is given more than once');
    seen.add(name);
    return parseExpectedProcess(name, given, reader) ?? [];
  });
}

function parseExpectedProcess(name: string, given: Given, reader: SectionReader): ExpectedProcess | undefined {
  const fields = reader.fields(given, KEYS);
  if (fields === undefined) return undefined;
  if (MATCHERS.every((matcher) => fields[matcher] === undefined)) {
    return reader.refuse(given, 'does not say how the process is known', {
      allowed: `at least one of ${MATCHERS.join(', ')}`,
    });
  }
  const pattern = (key: 'comm' | 'executable' | 'user' | 'unit') => {
    const field = fields[key];
    return field && reader.text(field, MAX_PATTERN_LENGTH, { orNumber: key === 'user' });
  };
  const number = (key: 'count' | 'grace' | 'flapping-restarts' | 'flapping-minutes', min: number, max: number) => {
    const field = fields[key];
    return field && reader.wholeNumber(field, min, max);
  };
  return {
    name,
    match: {
      comm: pattern('comm'),
      executable: pattern('executable'),
      args: fields.args && reader.texts(fields.args, MAX_PATTERN_LENGTH),
      user: pattern('user'),
      unit: pattern('unit'),
    },
    count: number('count', 1, MAX_COUNT) ?? 1,
    graceMillis: (number('grace', 0, MAX_GRACE_SECONDS) ?? 0) * 1_000,
    flappingRestarts: number('flapping-restarts', 0, MAX_RESTARTS) ?? DEFAULT_RESTARTS,
    flappingWindowMillis: (number('flapping-minutes', 1, MAX_MINUTES) ?? DEFAULT_MINUTES) * 60_000,
  };
}
