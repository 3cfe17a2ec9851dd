import { errorMessage } from '../../base/errors.ts';
import { deniedAdvice, type Rights } from '../../privilege/rights.ts';
import type { Enumeration } from '../../process/enumerate/enumerator.ts';
import type { Finding } from './finding.ts';

/** What one reading of all processes came to: how many there are, and what of them was denied to this user. */
export function checkProcesses(
  enumeration: Enumeration,
  {
    rights,
    tellsDenied,
  }: {
    /** Of this user; undefined where they are not known. */
    readonly rights: Rights | undefined;
    /** Whether the enumerator knows what was denied. */
    readonly tellsDenied: boolean;
  },
): Finding {
  const { processes, deniedFields, vanished } = enumeration;
  const denied = [...deniedFields].toSorted(([a, one], [b, other]) => other - one || (a < b ? -1 : 1));
  const facts = {
    visible: processes.length,
    vanished,
    durationMillis: enumeration.endedAtMillis - enumeration.startedAtMillis,
    deniedFields: Object.fromEntries(denied),
  };
  const seen = `${processes.length} are seen`;
  if (!tellsDenied) {
    return { check: 'processes', status: 'ok', message: `${seen}; what the system denies of them is not told`, facts };
  }
  if (denied.length === 0)
    return { check: 'processes', status: 'ok', message: `${seen}, and nothing is denied`, facts };
  return {
    check: 'processes',
    status: 'note',
    message: `${seen}; the system denies ${someOf(denied)}`,
    advice: deniedAdvice(rights),
    facts,
  };
}

export function unreadableProcesses(error: unknown): Finding {
  return { check: 'processes', status: 'problem', message: errorMessage(error) };
}

const MOST_FIELDS = 3;

function someOf(denied: readonly (readonly [string, number])[]): string {
  const told = denied.slice(0, MOST_FIELDS).map(([field, count]) => `${field} of ${count}`);
  const more = denied.length - told.length;
  return more === 0 ? told.join(', ') : `${told.join(', ')} and ${more} more fields`;
}
