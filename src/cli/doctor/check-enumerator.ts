import { errorMessage } from '../../base/errors.ts';
import { type EnumeratorMode, enumeratorKind } from '../../process/enumerate/system-enumerator.ts';
import type { Finding } from './finding.ts';

/** What would read the processes, and why that. */
export function checkEnumerator(
  mode: EnumeratorMode,
  { procRoot, platform }: { readonly procRoot: string; readonly platform: NodeJS.Platform },
): Finding {
  const check = 'enumerator';
  const why = mode === 'auto' ? `this is ${platform}` : `--enumerator ${mode} asks for it`;
  try {
    const kind = enumeratorKind(mode, platform);
    const facts = { kind, mode, platform };
    if (kind === 'proc') return { check, status: 'ok', message: `${procRoot} is read, because ${why}`, facts };
    return { check, status: 'note', message: `systeminformation is asked, because ${why}`, advice: LESS, facts };
  } catch (error) {
    return { check, status: 'problem', message: errorMessage(error), facts: { mode, platform } };
  }
}

const LESS =
  'expect less of it: starts are exact to about two seconds, a restart of procmond begins with a baseline, the command ' +
  'line is one text, and there are no ids of users and groups, no executable but on Windows, no namespaces, cgroups, ' +
  'capabilities, threads or I/O';
