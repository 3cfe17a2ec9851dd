import type { ProgramRules } from './program-rule.ts';
import { PROGRAM_RULES } from './program-table.ts';

/** Rules of a program by its lower-case name; undefined where its secrets are told by names alone. */
export function programRules(program: string): ProgramRules | undefined {
  return PROGRAM_RULES.get(program);
}

/** Every text in which one of the programs is run with arguments matches this. */
export const RUNS_PROGRAM = new RegExp(
  `(?:^|[\\s"'\`({;|&/\\\\])(?:${[...PROGRAM_RULES.keys(), 'sudo', 'su', 'kinit', 'cryptsetup'].map(literal).join('|')})(?:\\.(?:exe|sh|py|jar|cmd|bat))?(?!\\S)`,
  'i',
);

function literal(name: string): string {
  return name.replaceAll(/[+.]/g, '\\$&');
}
