import { findCommandSecrets } from './command-secrets.ts';
import { needsTracking, programName, runsScripts } from './command-tracker.ts';
import { ArgumentWords } from './command-word.ts';
import type { Hide } from './joined-arguments.ts';
import { isMark } from './mark.ts';
import { findSplitPrivateKeys, PEM_BOUNDARY } from './pem-block.ts';
import type { Span } from './span.ts';
import { isSuspicious } from './suspicion.ts';
import type { TextNature } from './text-nature.ts';
import { findTextSecrets, findUnnamedSecrets } from './text-secrets.ts';
import { holdsSpace } from './white-space.ts';

/** A `reference` names a secret that lies elsewhere. */
type ArgumentNature = TextNature | 'reference';

/**
 * Finds the secrets of every argument: those it holds by itself, and those that the arguments around it tell of. Made for
 * one command line, which it may be given again after secrets were replaced: what is still as it was held none by itself.
 */
export class ArgumentReader {
  #args: readonly string[] = [];
  #natures: readonly ArgumentNature[] = [];
  #suspicious: readonly boolean[] = [];

  read(args: readonly string[], hide: Hide): void {
    const [argsBefore, naturesBefore] = [this.#args, this.#natures];
    const suspicious = this.#lookAt(args);
    this.#args = args;
    this.#suspicious = suspicious;
    const isAnySuspicious = suspicious.includes(true);
    if (!isAnySuspicious && !mayBeToldByPlace(args)) return;
    const natures: ArgumentNature[] = textNatures(args);
    this.#natures = natures;
    const keep = (argument: number) => {
      natures[argument] = 'reference';
    };
    findCommandSecrets(new ArgumentWords(args, suspicious), false, { hide, keep });
    if (!isAnySuspicious) return;
    let holdsPem = false;
    for (let index = 0; index < args.length; index += 1) {
      if (suspicious[index] !== true) continue;
      const [arg, nature] = [args[index] ?? '', natures[index] ?? 'value'];
      holdsPem ||= arg.includes(PEM_BOUNDARY);
      if (argsBefore[index] !== arg || naturesBefore[index] !== nature) findInArgument(arg, nature, index, hide);
    }
    if (holdsPem) findSplitPrivateKeys(args, hide);
  }

  /** What was replaced in part is looked at again in any case. */
  #lookAt(args: readonly string[]): boolean[] {
    const suspicious: boolean[] = [];
    for (let index = 0; index < args.length; index += 1) {
      const arg = args[index] ?? '';
      const before = this.#suspicious[index];
      if (before === undefined) suspicious.push(isSuspicious(arg));
      else suspicious.push(this.#args[index] === arg ? before : !isMark(arg));
    }
    return suspicious;
  }
}

/** Nothing in the arguments but the program, or a flag behind a name, tells of a secret. */
function mayBeToldByPlace(args: readonly string[]): boolean {
  return needsTracking(programName(args[0] ?? '')) || args.includes('-p') || args.includes('-P');
}

function findInArgument(arg: string, nature: ArgumentNature, index: number, hide: Hide): void {
  const spans: Span[] = [];
  if (nature === 'reference') findUnnamedSecrets(arg, spans);
  else findTextSecrets(arg, nature, spans);
  for (const span of spans) hide(index, span);
}

/** A program may have written all its arguments into the first one; behind a shell, what follows `-c` or has a space in it is a script. */
function textNatures(args: readonly string[]): TextNature[] {
  const natures: TextNature[] = [];
  let isBehindShell = false;
  let previous = '';
  for (const arg of args) {
    const hasSpace = holdsSpace(arg);
    if (natures.length === 0 && hasSpace) natures.push('words');
    else if (isBehindShell && (hasSpace || RUNS_NEXT.test(previous))) natures.push('script');
    else {
      isBehindShell ||= runsScripts(arg);
      natures.push('value');
    }
    previous = arg;
  }
  return natures;
}

/** `sh -c`, `bash -lc` */
const RUNS_NEXT = /^-[a-z]*c$/;
