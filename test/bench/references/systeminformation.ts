import { join } from 'node:path';
import { ForkedPart } from '../host/forked-part.ts';
import type { MissingReference, Reference } from './reference.ts';
import type { SysteminformationAnswer } from './systeminformation-process.ts';

const NAME = 'systeminformation processes()';
const SCRIPT = join(import.meta.dirname, 'systeminformation-process.ts');

/** The package most of Node.js reads processes with. It is tried once, because many processes are too many for it. */
export async function startSysteminformation(owned: AsyncDisposableStack): Promise<Reference | MissingReference> {
  const part = owned.use(
    await ForkedPart.start<Record<string, never>, SysteminformationAnswer>(SCRIPT, { stderr: 'ignore' }),
  );
  try {
    await part.ask({});
  } catch {
    // The process ended: its list of paths became longer than a command line may be.
    return { name: NAME, missing: 'crashes' };
  }
  return { name: NAME, slow: true, read: async () => (await part.ask({})).cpuMillis };
}
