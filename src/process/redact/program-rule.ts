/**
 * Which part of a value is secret: `secret` all of it, `random` all of it where it looks drawn at random, the others what
 * follows the separator (`last:password` the last colon). A `reference` says that the value only names a secret that lies
 * elsewhere, a `switch` that there is no value, though the name of the flag is telling.
 */
export type ValueForm =
  | 'secret'
  | 'random'
  | 'user:password'
  | 'user%password'
  | 'user,password'
  | 'user/password'
  | 'last:password'
  | 'name=password'
  | 'reference'
  | 'switch';

export interface FlagSecret {
  readonly flags: readonly string[];
  /** where the value stands: in the next word, glued to the flag, or either */
  readonly value: 'next' | 'glued' | 'either';
  readonly form: ValueForm;
  /** a word that must have come before, mostly a subcommand */
  readonly within: RegExp | undefined;
}

export interface PositionalSecret {
  /** the word that the positions are counted from; undefined: the program */
  readonly after: RegExp | undefined;
  /** which words that are no flags are secret, the first one after `after` being 0 */
  readonly positions: readonly number[];
  readonly form: ValueForm;
  readonly within: RegExp | undefined;
  /** flags whose value is the next word, which is not counted */
  readonly valueFlags: RegExp | undefined;
  /** words that are not counted */
  readonly ignores: RegExp | undefined;
}

export interface ProgramRules {
  readonly flags: readonly FlagSecret[];
  readonly positions: readonly PositionalSecret[];
  /** Names of `name=value`, alone or in a list, that are telling for this program alone. */
  readonly names: ReadonlySet<string>;
}

interface OpenRules {
  readonly flags: FlagSecret[];
  readonly positions: PositionalSecret[];
  readonly names: Set<string>;
}

/** Collects the rules of programs. Names of programs and flags are lists in one text, with spaces between. */
export class RuleBook {
  readonly #programs = new Map<string, OpenRules>();

  /** Rules by the lower-case name of the program. */
  get programs(): ReadonlyMap<string, ProgramRules> {
    return this.#programs;
  }

  /** Secrets behind flags. */
  flag(
    programs: string,
    flags: string,
    {
      value = 'either',
      form = 'secret',
      within,
    }: { readonly value?: FlagSecret['value']; readonly form?: ValueForm; readonly within?: RegExp } = {},
  ): void {
    for (const rules of this.#rulesOf(programs)) rules.flags.push({ flags: flags.split(' '), value, form, within });
  }

  /** Secrets that are known by how many words stand before them; without `after` counted from the program. */
  position(
    programs: string,
    positions: readonly number[],
    options: {
      readonly after?: RegExp;
      readonly form?: ValueForm;
      readonly within?: RegExp;
      readonly valueFlags?: RegExp;
      readonly ignores?: RegExp;
    } = {},
  ): void {
    const { after, form = 'secret', within, valueFlags, ignores } = options;
    for (const rules of this.#rulesOf(programs))
      rules.positions.push({ after, positions, form, within, valueFlags, ignores });
  }

  /** Secrets behind `name=`. */
  names(programs: string, names: string): void {
    for (const rules of this.#rulesOf(programs)) for (const name of names.split(' ')) rules.names.add(name);
  }

  #rulesOf(programs: string): OpenRules[] {
    return programs.split(' ').map((program) => {
      const known = this.#programs.get(program) ?? { flags: [], positions: [], names: new Set<string>() };
      this.#programs.set(program, known);
      return known;
    });
  }
}
