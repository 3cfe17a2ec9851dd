import { MAX_SOCKET_PATH_BYTES } from '../base/socket-path.ts';
import type { ListOption, Option, SettingOption } from './option-table.ts';

/** A validated value, in the unit of `Config` (milliseconds, bytes). */
export type SettingValue = number | boolean | string | readonly string[] | readonly number[];

/** What may be given, as the end of "expected ...". */
export function allowedText(option: SettingOption): string {
  switch (option.kind) {
    case 'seconds':
      return `whole seconds, ${rangeText(option)}`;
    case 'integer':
    case 'port':
      return `a whole number, ${rangeText(option)}`;
    case 'percent':
      return `a number, decimals allowed, ${rangeText(option)}`;
    case 'bytes':
      return `a whole number of bytes, or one with KiB, MiB or GiB (512MiB), ${rangeText(option)}`;
    case 'boolean':
      return 'true or false (also yes, no, on, off, 1, 0)';
    case 'enum':
      return rangeText(option);
    case 'path':
      return option.absolute ? 'an absolute path' : 'a path';
    case 'directories':
      return 'absolute paths with commas between them';
    case 'socket':
      return `an absolute path of at most ${MAX_SOCKET_PATH_BYTES} bytes, or ${NO_SOCKET}`;
    case 'text':
      return 'a text that is not empty';
    case 'host':
      return 'a host name or an IP address, without a port';
    case 'url':
      return 'a URL such as http://localhost:4318';
    case 'list':
      return `${itemsText(option)}, with commas between`;
  }
}

/** The range or the values of an option, empty where it has none that could be listed. */
export function rangeText(option: Option): string {
  switch (option.kind) {
    case 'seconds':
    case 'integer':
    case 'port':
    case 'percent':
    case 'bytes': {
      const min = valueText(option.kind, option.min);
      return option.max === undefined ? `${min} or more` : `${min} to ${valueText(option.kind, option.max)}`;
    }
    case 'enum':
      return `${option.values.slice(0, -1).join(', ')} or ${option.values.at(-1)}`;
    default:
      return '';
  }
}

/** The default as people read it, empty where there is none. */
export function defaultText(option: Option): string {
  if (option.kind === 'request' || option.kind === 'shorthand' || option.default === undefined) return '';
  if (typeof option.default === 'object') return option.default.described;
  return valueText(option.kind, option.default);
}

/** A value of `Config` as it would be written for the option. Secrets are not masked here. */
export function settingText(option: SettingOption, value: SettingValue): string {
  return valueText(option.kind, option.kind === 'seconds' ? Number(value) / 1000 : value);
}

/** The option as a flag with its placeholder: `--interval <seconds>`, `--once[=<bool>]`, `-h, --help`. */
export function flagText(option: Option): string {
  switch (option.kind) {
    case 'request':
      return `-${option.short}, --${option.name}`;
    case 'shorthand':
      return `--${option.name}`;
    case 'boolean':
      return `--${option.name}[=<bool>]`;
    default:
      return `--${option.name} <${option.placeholder}>`;
  }
}

function itemsText(option: ListOption): string {
  switch (option.items) {
    case 'integer':
      return `whole numbers, ${option.min} or more`;
    case 'text':
      return 'texts';
    case 'name':
      return `some of ${option.names.known.join(', ')}${option.names.signed ? ', each after + or - if you like' : ''}`;
  }
}

function valueText(kind: SettingOption['kind'], value: SettingValue): string {
  if (kind === 'socket' && value === '') return NO_SOCKET;
  return kind === 'bytes' ? bytesText(Number(value)) : String(value);
}

/** How it is written that there is to be no socket. */
export const NO_SOCKET = 'none';

/** The shortest exact writing: 1073741824 is `1GiB`, 1500 is `1500`. */
function bytesText(bytes: number): string {
  for (const [suffix, factor] of BYTE_SUFFIXES) {
    if (bytes >= factor && bytes % factor === 0) return `${bytes / factor}${suffix}`;
  }
  return String(bytes);
}

/** Suffixes of byte counts, largest first, with their factor. */
export const BYTE_SUFFIXES: readonly (readonly [string, number])[] = [
  ['GiB', 1024 ** 3],
  ['MiB', 1024 ** 2],
  ['KiB', 1024],
];
