import { escapeForDisplay } from '../base/escape-for-display.ts';
import { maskUrlSecrets } from './mask-url-secrets.ts';

/** One mistake in the configuration. All texts but `value` are procmond's own; `value` holds no secret any more. */
export interface ConfigProblem {
  /** What it is about: the name of an option, a variable, a key, a command. */
  readonly name: string;
  /** Where it was given: `flag --interval`, `environment PROCMOND_INTERVAL`, `file /etc/procmond.yaml line 3`. */
  readonly origin: string;
  /** As it was given, masked and cut; absent where there is none, or none that may be shown. */
  readonly value?: string;
  readonly reason: string;
  /** What would have been right. */
  readonly allowed?: string;
  /** The known name or value it most likely was meant to be. */
  readonly nearest?: string;
}

/** One line for people, safe for a terminal. */
export function describeProblem(problem: ConfigProblem): string {
  const value = problem.value === undefined ? '' : `: "${problem.value}"`;
  const allowed = problem.allowed === undefined ? '' : `; expected ${problem.allowed}`;
  const nearest = problem.nearest === undefined ? '' : `; did you mean ${problem.nearest}?`;
  return escapeForDisplay(`${problem.origin}${value} ${problem.reason}${allowed}${nearest}`);
}

/** `text` as a problem may show it: credentials of a URL masked, long text cut. */
export function printableValue(
  text: string,
  { secret = false }: { readonly secret?: boolean | undefined } = {},
): string {
  const masked = secret || text.includes('://') ? maskUrlSecrets(text) : text;
  return masked.length > LONGEST_VALUE ? `${masked.slice(0, LONGEST_VALUE)}…` : masked;
}

const LONGEST_VALUE = 200;

/** What is told at once: a file can hold tens of thousands of mistakes, and every reload logs them. */
const MOST_PROBLEMS = 100;

/** The problems that are told, the last of them saying how many are not. */
export function firstProblems(problems: readonly ConfigProblem[]): readonly ConfigProblem[] {
  const untold = problems.length - MOST_PROBLEMS;
  if (untold <= 0) return problems;
  return [
    ...problems.slice(0, MOST_PROBLEMS),
    { name: 'configuration', origin: 'configuration', reason: `has ${untold} more mistakes, which are not listed` },
  ];
}
