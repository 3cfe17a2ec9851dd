import { findCommandSecrets } from './command-secrets.ts';
import { isShell, programName } from './command-tracker.ts';
import { ArgumentWords } from './command-word.ts';
import { findSplitPrivateKeys } from './pem-block.ts';
import type { Span } from './span.ts';
import { isSuspicious } from './suspicion.ts';
import type { TextNature } from './text-nature.ts';
import { findTextSecrets } from './text-secrets.ts';

/** The secrets of every argument: those it holds by itself, and those that the arguments around it tell of. */
export function findArgumentSecrets(args: readonly string[]): Span[][] {
  const natures = textNatures(args);
  const spansOf = args.map((arg, index) => (isSuspicious(arg) ? findTextSecrets(arg, natures[index] ?? 'value') : []));
  findCommandSecrets(new ArgumentWords(args), false, (argument, span) => spansOf[argument]?.push(span));
  if (args.some((arg) => arg.includes('-----'))) findSplitPrivateKeys(args, spansOf);
  return spansOf;
}

/** A program may have written all its arguments into the first one; behind a shell, what follows `-c` or has a space in it is a script. */
function textNatures(args: readonly string[]): TextNature[] {
  let isBehindShell = false;
  return args.map((arg, index) => {
    const hasSpace = /\s/.test(arg);
    if (index === 0 && hasSpace) return 'words';
    if (isBehindShell && (hasSpace || /^-[a-z]*c$/.test(args[index - 1] ?? ''))) return 'script';
    const program = programName(arg);
    isBehindShell ||= isShell(program) || program === 'ssh';
    return 'value';
  });
}
