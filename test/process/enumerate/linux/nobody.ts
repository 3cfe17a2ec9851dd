import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Enumeration, EnumerationRequest } from '../../../../src/process/enumerate/enumerator.ts';
import { lacking } from '../../../fake/lacking.ts';
import { asUser } from '../../../fake/other-user.ts';
import { Talker } from './live-host.ts';

/** Has no right over anything, and no name that matters. */
export const NOBODY = 65_534;

const AS_NOBODY = asUser({ userId: NOBODY });
const ENUMERATE = join(import.meta.dirname, 'programs', 'enumerate.ts');

/** What a mount of proc hides from other users: nothing, what is in their processes, their processes (proc(5)). */
export type HidePid = 0 | 1 | 2;

/** Of a namespace with a mount of its own: two of root's, one of nobody's, and the one that looks. */
export const IN_NAMESPACE = { roots: 2, nobodys: 2 } as const;

const NAMESPACE_SCRIPT = `
mount -t proc -o hidepid="$1" proc /proc || exit 99
shift
sleep 3600 & sleep 3600 &
${AS_NOBODY.join(' ')} sleep 3600 &
exec "$@"`;

/** Why nobody cannot be asked here. */
export function lackingNobody(): string | false {
  const lacks = lacking({ root: true, programs: ['setpriv', 'unshare', 'mount', 'sleep'] });
  if (lacks) return lacks;
  const [program, ...args] = asNobody([process.execPath, '--check', ENUMERATE]);
  return spawnSync(program, args).status !== 0 && 'other users may not read this checkout, or not run this Node.js';
}

/** How to run a program as nobody; with `hidepid` in a pid namespace, where all ends with it. */
export function asNobody(command: readonly string[], hidepid?: HidePid): readonly [string, ...string[]] {
  return as([...AS_NOBODY, ...command], hidepid);
}

function as(command: readonly string[], hidepid: HidePid | undefined): readonly [string, ...string[]] {
  if (hidepid === undefined) return command as readonly [string, ...string[]];
  const inNamespace = ['--mount', '--pid', '--fork', '--kill-child', '/bin/sh', '-c', NAMESPACE_SCRIPT, 'sh'];
  return ['unshare', ...inNamespace, String(hidepid), ...command];
}

type Seen = Omit<Enumeration, 'byPid'>;

/** Reads the processes of this host, or of a namespace, in a process of its own. */
export class ForeignReader {
  readonly #talker: Talker;

  private constructor(talker: Talker) {
    this.#talker = talker;
  }

  static async start(t: TestContext, options: { readonly hidepid?: HidePid; readonly root?: boolean } = {}) {
    const command = [process.execPath, ENUMERATE];
    const { hidepid, root = false } = options;
    const [program, ...args] = root ? as(command, hidepid) : asNobody(command, hidepid);
    return new ForeignReader(await Talker.start(t, program, args));
  }

  async read(request: Partial<EnumerationRequest> = {}): Promise<Seen> {
    const seen = JSON.parse(await this.#talker.ask(JSON.stringify(request))) as Seen & {
      deniedFields: readonly (readonly [string, number])[];
    };
    return { ...seen, deniedFields: new Map(seen.deniedFields) };
  }

  /** Some things are told of a process that was seen before. */
  async readTwice(request: Partial<EnumerationRequest> = {}): Promise<Seen> {
    await this.read(request);
    return this.read(request);
  }
}
