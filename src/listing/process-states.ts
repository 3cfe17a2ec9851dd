/** States a process can be in, with the letters of proc_pid_stat(5) that mean them, those of old kernels included. */
const LETTERS = {
  running: 'R',
  sleeping: 'SKPW',
  uninterruptible: 'D',
  idle: 'I',
  stopped: 'Tt',
  defunct: 'ZXx',
} as const;

export type StateName = keyof typeof LETTERS;

export const STATE_NAMES = Object.keys(LETTERS) as readonly StateName[];

/** Letters, and what ps(1) or habit calls a state, with its name. */
export const STATE_ALIASES: ReadonlyMap<string, StateName> = new Map([
  ...STATE_NAMES.flatMap((name) => LETTERS[name].split('').map((letter) => [letter, name] as const)),
  ['disk', 'uninterruptible'],
  ['traced', 'stopped'],
  ['zombie', 'defunct'],
]);

/** Whether a state letter means one of `states`. */
export function isInState(letter: string | undefined, states: readonly StateName[]): boolean {
  return letter !== undefined && states.some((name) => LETTERS[name].includes(letter));
}
