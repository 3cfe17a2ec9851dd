import { USED_CAPABILITIES, usedOf } from '../../privilege/capabilities.ts';
import { deniedAdvice, type Rights, rightsText, tooManyAdvice } from '../../privilege/rights.ts';
import type { Finding } from './finding.ts';

/** Whether this user may see everything, and whether it may do more than that. */
export function checkRights(rights: Rights): Finding {
  const { effectiveUserId, effective } = rights;
  const held = usedOf(effective);
  const facts = {
    effectiveUserId,
    effectiveCapabilities: effective.toString(16).padStart(16, '0'),
    ...Object.fromEntries(USED_CAPABILITIES.map((name) => [name, held.includes(name)])),
  };
  const message = rightsText(rights);
  if (held.length === USED_CAPABILITIES.length) {
    const advice = tooManyAdvice(rights);
    return { check: 'rights', status: 'ok', message, ...(advice !== undefined && { advice }), facts };
  }
  return {
    check: 'rights',
    status: 'note',
    message: `${message}: executables, directories, namespaces and I/O of others are out of sight`,
    advice: deniedAdvice(rights),
    facts,
  };
}
