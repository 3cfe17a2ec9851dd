import type { Boot } from '../../process/enumerate/enumerator.ts';
import type { Finding } from './finding.ts';

export function checkBoot({ known, id, timeMillis }: Boot): Finding {
  const check = 'boot';
  const bootedAt = new Date(timeMillis).toISOString();
  if (known) return { check, status: 'ok', message: `${id}, since ${bootedAt}`, facts: { known, id, bootedAt } };
  return {
    check,
    status: 'note',
    message: 'it has no id that can be read: there are no CPIDs, and each start of procmond begins with a baseline',
    facts: { known, bootedAt },
  };
}
