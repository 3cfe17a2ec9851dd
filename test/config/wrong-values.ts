import { MAX_SOCKET_PATH_BYTES } from '../../src/base/socket-path.ts';
import type { ListOption, SettingOption } from '../../src/config/option-table.ts';
import { MAX_VALUE_CHARACTERS } from '../../src/config/parse-option-value.ts';

/** Text that no option of that kind takes, wherever it is given, and what it is. */
export function wrongTexts(option: SettingOption): readonly (readonly [story: string, text: string])[] {
  return [['a very long text', 'a'.repeat(MAX_VALUE_CHARACTERS + 1)], ...wrongOfKind(option)];
}

function wrongOfKind(option: SettingOption): readonly (readonly [string, string])[] {
  switch (option.kind) {
    case 'integer':
    case 'port':
    case 'seconds':
      return [...WRONG_NUMBERS, ['a size', '1MiB'], ...outOfRange(option)];
    case 'percent':
      return [...WRONG_NUMBERS.filter(([story]) => story !== 'a decimal'), ...outOfRange(option)];
    case 'bytes':
      return [...WRONG_NUMBERS, ['a unit nobody uses', '1MB'], ...outOfRange(option)];
    case 'boolean':
      return [
        ['a word', 'maybe'],
        ['another number', '2'],
        ['two of them', 'true,false'],
        ['hostile bytes', HOSTILE],
      ];
    case 'enum':
      return [
        ['another word', 'nonsense'],
        ['capitals', String(option.values[0]).toUpperCase()],
        ['two of them', `${option.values[0]},${option.values[1]}`],
        ['a name every object has', '__proto__'],
        ['hostile bytes', HOSTILE],
      ];
    case 'text':
      return [['blanks', '  ']];
    case 'path':
      return [['blanks', '  '], ...(option.absolute ? ([['a relative path', './a']] as const) : [])];
    case 'directories':
      return [
        ['a relative path among others', '/a, b'],
        ['nothing between commas', '/a,,/b'],
      ];
    case 'socket':
      return [
        ['a relative path', 'a.sock'],
        ['a path with no room for it', `/${'a'.repeat(MAX_SOCKET_PATH_BYTES)}`],
      ];
    case 'host':
      return [
        ['a URL', 'http://a'],
        ['a port behind it', 'a:1'],
        ['brackets', '[::1]'],
        ['half an address', '1.2.3'],
        ['blanks', 'a b'],
        ['a long label', 'a'.repeat(64)],
        ['hostile bytes', HOSTILE],
      ];
    case 'url':
      return [
        ['no scheme', 'localhost:4318'],
        ['another scheme', 'ftp://h'],
        ['no host', 'http://'],
        ['a port there is not', 'http://h:65536'],
        ['hostile bytes', `http://${HOSTILE}`],
      ];
    case 'list':
      return [['nothing between commas', `${goodItem(option)},,${goodItem(option)}`], ...wrongItems(option)];
  }
}

/** ANSI, bidirectional and line breaks. */
const HOSTILE = '\u001b[2J\u202e\u2028\r\n';

const WRONG_NUMBERS = [
  ['a word', 'many'],
  ['a decimal', '10.5'],
  ['an exponent', '1e3'],
  ['not a number', 'NaN'],
  ['infinity', 'Infinity'],
  ['hexadecimal digits', '0x10'],
  ['digits of another script', '\u0661\u0660'],
  ['blanks around', ' 10 '],
  ['a sign before', '+10'],
  ['a number no computer counts to', '99999999999999999999'],
  ['less than nothing', '-1'],
  ['hostile bytes', HOSTILE],
] as const;

function outOfRange({ min, max }: { readonly min: number; readonly max?: number }): [string, string][] {
  const below: [string, string] = ['less than its least', String(min - 1)];
  return max === undefined ? [below] : [below, ['more than its most', String(max + 1)]];
}

function wrongItems(option: ListOption): [string, string][] {
  switch (option.items) {
    case 'text':
      return [];
    case 'integer':
      return [
        ['a word among numbers', '1,x'],
        ['a number out of range', String(option.min - 1)],
      ];
    case 'name':
      return [
        ['an unknown name', 'nonsense'],
        ['a name every object has', 'constructor'],
      ];
  }
}

function goodItem(option: ListOption): string {
  return option.items === 'name' ? (option.names.known[0] ?? '') : '1';
}

/** What a YAML file can say that no option takes. */
export const WRONG_NODES: readonly (readonly [story: string, yaml: string])[] = [
  ['a list', '[1, 2]'],
  ['a list in a list', '[[a], {b: [c]}]'],
  ['a mapping', '{ a: 1 }'],
  ['no value', ''],
  ['null', '~'],
  ['an empty text', '""'],
  ['not a number', '.nan'],
  ['infinity', '-.inf'],
  ['a decimal', '1.5'],
  ['an alias', '*other'],
];

/** Plain YAML values whose type does not fit the option. */
export function wrongTypes(option: SettingOption): readonly (readonly [story: string, yaml: string])[] {
  switch (option.kind) {
    case 'integer':
    case 'port':
    case 'seconds':
    case 'percent':
      return [
        ['true', 'true'],
        ['a number in quotes', `"${option.min}"`],
        ['a date', '2026-01-01'],
      ];
    case 'bytes':
      return [
        ['true', 'true'],
        ['a date', '2026-01-01'],
      ];
    case 'boolean':
      return [
        ['a number', '1'],
        ['true in quotes', '"true"'],
        ['yes, which is text in YAML', 'yes'],
      ];
    default:
      return [
        ['true', 'true'],
        ['a number', '12'],
      ];
  }
}
