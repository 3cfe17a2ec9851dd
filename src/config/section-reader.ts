import { isAlias, isMap, isScalar, isSeq, type ParsedNode } from 'yaml';
import { nearestName } from './nearest-name.ts';
import { type ConfigProblem, printableValue } from './problem.ts';

/** Where in the file something stands: `file /etc/procmond.yaml line 3`. */
export type Place = (offset: number | undefined) => string;

/** A value in the file, and what to call it: `rules.own[2].severity`. */
export interface Given {
  readonly node: ParsedNode | null;
  readonly name: string;
  /** Of the key, for what has no value. */
  readonly offset: number | undefined;
}

/**
 * Reads what is nested in a configuration file. Each method gives undefined for a value that cannot be used, after it has
 * noted why: so all mistakes are told at once.
 */
export class SectionReader {
  readonly problems: ConfigProblem[] = [];
  readonly #place: Place;

  constructor(place: Place) {
    this.#place = place;
  }

  /** `file /etc/procmond.yaml line 3, rules.own[2].severity` */
  origin({ node, name, offset }: Given): string {
    return `${this.#place(node?.range[0] ?? offset)}, ${name}`;
  }

  refuse(
    given: Given,
    reason: string,
    further: Partial<Pick<ConfigProblem, 'allowed' | 'nearest' | 'value'>> = {},
  ): undefined {
    this.problems.push({ name: given.name, origin: this.origin(given), reason, ...further });
    return undefined;
  }

  /** The values of a mapping by its keys, where `-` and `_` are the same; keys that are not `known` are mistakes. */
  fields<Key extends string>(given: Given, known: readonly Key[]): Partial<Record<Key, Given>> | undefined {
    const fields: Partial<Record<Key, Given>> = {};
    const entries = this.entries(given);
    if (entries === undefined) return undefined;
    for (const [key, value] of entries) {
      const name = key.replaceAll('_', '-');
      const found = known.find((one) => one === name);
      if (found === undefined) {
        const nearest = nearestName(name, known);
        this.refuse(value, 'is not known here', {
          allowed: known.join(', '),
          ...(nearest !== undefined && { nearest }),
        });
      } else if (fields[found] !== undefined) this.refuse(value, 'is given more than once');
      else fields[found] = value;
    }
    return fields;
  }

  /** A mapping whose keys are names of the user's. */
  entries(given: Given): readonly (readonly [key: string, value: Given])[] | undefined {
    const { node } = given;
    if (!isMap(node)) return this.refuse(given, `is ${kindOf(node)}, not a mapping`);
    return node.items.flatMap(({ key, value }) => {
      const at = { node: value, name: given.name, offset: key.range[0] };
      if (!isScalar(key) || (typeof key.value !== 'string' && typeof key.value !== 'number')) {
        this.refuse({ ...at, node: null }, 'has a key that is no plain text');
        return [];
      }
      const text = printableValue(String(key.value));
      return [[text, { ...at, name: `${given.name}.${text}` }] as const];
    });
  }

  list(given: Given): readonly Given[] | undefined {
    const { node, name } = given;
    if (!isSeq(node)) return this.refuse(given, `is ${kindOf(node)}, not a list`);
    return node.items.map((item, index) => {
      const parsed = item as ParsedNode | null;
      return { node: parsed, name: `${name}[${index + 1}]`, offset: parsed?.range[0] ?? given.offset };
    });
  }

  /** Text of 1 to `maxLength` characters; whole numbers count as text where that is what they are asked for as. */
  text(given: Given, maxLength: number, { orNumber = false } = {}): string | undefined {
    const { node } = given;
    if (!isScalar(node)) return this.refuse(given, `is ${kindOf(node)}, not text`);
    const { value } = node;
    if (orNumber && Number.isSafeInteger(value)) return String(value);
    if (value === null || value === undefined) return this.refuse(given, 'has no value');
    if (typeof value !== 'string')
      return this.refuse(given, 'is not text (quote it)', { value: printableValue(JSON.stringify(value)) });
    if (value.trim() === '') return this.refuse(given, 'is empty');
    if (value.length <= maxLength) return value;
    return this.refuse(given, `has ${value.length} characters, at most ${maxLength} are allowed`);
  }

  texts(given: Given, maxLength: number): readonly string[] | undefined {
    const items = this.list(given)?.map((item) => this.text(item, maxLength));
    return items?.every((item) => item !== undefined) ? items : undefined;
  }

  /** One of `choices`. */
  choice<Choice extends string>(given: Given, choices: readonly Choice[]): Choice | undefined {
    const text = this.text(given, Number.MAX_SAFE_INTEGER);
    if (text === undefined) return undefined;
    const found = choices.find((choice) => choice === text);
    if (found !== undefined) return found;
    const nearest = nearestName(text, choices);
    return this.refuse(given, 'is not one of the known values', {
      value: printableValue(text),
      allowed: choices.join(', '),
      ...(nearest !== undefined && { nearest }),
    });
  }

  /** Lower-case letters, digits and `-`, at most 64. */
  kebabCase(given: Given): string | undefined {
    const text = this.text(given, Number.MAX_SAFE_INTEGER);
    if (text === undefined || isKebabCase(text)) return text;
    return this.refuse(given, 'is not a name', { value: printableValue(text), allowed: KEBAB_CASE });
  }

  wholeNumber(given: Given, min: number, max: number): number | undefined {
    const { node } = given;
    const value = isScalar(node) ? node.value : undefined;
    if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
    return this.refuse(given, `is ${isScalar(node) ? 'not such a number' : kindOf(node)}`, {
      ...(isScalar(node) && { value: printableValue(String(value)) }),
      allowed: `a whole number, ${min} to ${max}`,
    });
  }
}

export const KEBAB_CASE = 'lower-case letters, digits and "-", at most 64';

export function isKebabCase(text: string): boolean {
  return text.length <= 64 && /^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(text);
}

function kindOf(node: ParsedNode | null): string {
  if (node === null || (isScalar(node) && node.value === null)) return 'without a value';
  if (isMap(node)) return 'a mapping';
  if (isSeq(node)) return 'a list';
  return isAlias(node) ? 'an alias, which is not allowed here' : 'a plain value';
}
