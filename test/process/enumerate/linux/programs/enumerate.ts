/**
 * Reads processes as whoever it is run as: says "ready", then answers each line, an `EnumerationRequest` in JSON, with
 * what it saw, in JSON.
 */
import { createInterface } from 'node:readline';
import { systemClock } from '../../../../../src/base/clock.ts';
import type { EnumerationRequest } from '../../../../../src/process/enumerate/enumerator.ts';
import { LinuxEnumerator } from '../../../../../src/process/enumerate/linux/linux-enumerator.ts';
import { testRedactor } from '../../../test-redactor.ts';

const enumerator = new LinuxEnumerator({ procRoot: '/proc', clock: systemClock });
const { signal } = new AbortController();
const defaults = { enhanced: true, maxEnriched: 0, refreshCycles: 1, usageAtOnce: false, countFileDescriptors: false };

console.log('ready');
for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line) as Partial<EnumerationRequest>;
  const seen = await enumerator.enumerate({ ...defaults, ...asked, redactor: testRedactor(), signal });
  console.log(
    JSON.stringify({
      ...seen,
      byPid: undefined,
      deniedFields: [...seen.deniedFields],
      processes: seen.processes.map((one) => ({ ...one, read: undefined, details: one.details })),
    }),
  );
}
