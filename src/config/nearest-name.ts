import { closest, distance } from 'fastest-levenshtein';

/** The known name that `name` most likely was meant to be, or undefined where none is close: a third of it may be wrong. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  if (known.length === 0 || name.length > LONGEST_NAME) return undefined;
  const candidate = closest(name, known);
  return distance(name, candidate) <= Math.ceil(candidate.length / 3) ? candidate : undefined;
}

/** Beyond it nothing is near, and the distance (quadratic) need not be computed. */
const LONGEST_NAME = 64;
