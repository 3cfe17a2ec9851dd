import { RUNS_PROGRAM } from './program-secrets.ts';
import { TELLING } from './secret-vocabulary.ts';
import { holdsShape } from './token-shape.ts';

/**
 * The cheap question asked of every argument and text: could it hold a secret by itself at all? No is certain, and the
 * answer for most. Whatever a secret is found by has to be found here first: names, shapes, schemes, user information of
 * URLs, private keys, SQL, programs.
 */
export function isSuspicious(text: string): boolean {
  return text.length > 2 && (SUSPECT.test(text) || holdsShape(text) || (text.includes(' ') && RUNS_PROGRAM.test(text)));
}

/** Besides names: addresses, schemes of authorization, what spells a password out, keys, and tokens known by their middle. */
const SUSPECT = new RegExp(
  `${TELLING.source}|@|rtmp|bearer|basic|identified|securestring|networkcredential|crypt\\(|hashpw|-----|"kty"|eyJ|:AA|hook|/bot`,
  'i',
);
