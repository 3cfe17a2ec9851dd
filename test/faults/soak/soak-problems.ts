import { median } from '../../bench/report/statistics.ts';
import type { SoakResult } from './run-soak.ts';

/**
 * Sockets of questions and deliveries come and go, and are more at a look that falls into one; what leaks grows with the
 * cycles, which are far more.
 */
const MOST_MORE_HELD = 4;

/** What a soak has shown to be wrong, one sentence each; memory has its own judge. */
export function soakProblems({ balance, watched, exit, errors }: SoakResult): readonly string[] {
  const early = watched.slice(0, Math.ceil(watched.length / 3));
  const late = watched.slice(-early.length);
  const grown = (key: 'fileDescriptors' | 'activeResources', what: string) => {
    const usual = (looks: typeof watched) => median(looks.map((one) => one[key]));
    if (watched.length === 0 || usual(late) <= usual(early) + MOST_MORE_HELD) return [];
    return [`${what} grow from ${usual(early)} to ${usual(late)}`];
  };
  return [
    ...(balance.lastSeq === 0 ? ['nothing was committed'] : []),
    ...listed(balance.lost, 'were committed and never arrived'),
    ...listed(balance.altered, 'came again with other content'),
    ...listed(balance.disordered, 'came after later ones'),
    ...(balance.sharedUids === 0 ? [] : [`${balance.sharedUids} records have the uid of another`]),
    ...(watched.length < 3 ? ['the last life was not watched'] : []),
    ...grown('fileDescriptors', 'open files'),
    ...grown('activeResources', 'handles'),
    ...(exit === 0 ? [] : [`the last life ended with ${exit}`]),
    ...errors.map((line) => `the log has ${line}`),
  ];
}

function listed(seqs: readonly number[], what: string): readonly string[] {
  return seqs.length === 0 ? [] : [`${seqs.length} records, ${seqs.slice(0, 20).join(', ')}, ${what}`];
}
