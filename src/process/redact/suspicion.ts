import { needsTracking, programName } from './command-tracker.ts';
import { RUNS_PROGRAM } from './program-secrets.ts';
import { TELLING } from './secret-vocabulary.ts';
import { TOKEN_PREFIX } from './token-shape.ts';

/**
 * The cheap question asked of every process: could there be a secret at all? No is certain, and the answer for most. Whatever a secret
 * is found by has to be found here first: names, shapes, schemes, user information of URLs, private keys, SQL, programs.
 */
export function areSuspicious(args: readonly string[]): boolean {
  const program = args[0];
  return program !== undefined && (needsTracking(programName(program)) || isSuspicious(args.join('\n')));
}

export function isSuspicious(text: string): boolean {
  if (TELLING.test(text) || OTHERWISE_TELLING.test(text) || TOKEN_PREFIX.test(text) || text.includes('@')) return true;
  return text.includes(' ') && RUNS_PROGRAM.test(text);
}

const OTHERWISE_TELLING = /basic|identified|-----/i;
