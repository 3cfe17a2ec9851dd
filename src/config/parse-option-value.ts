import { isIP } from 'node:net';
import { isAbsolute } from 'node:path';
import { socketPathProblem } from '../base/socket-path.ts';
import { BYTE_SUFFIXES, NO_SOCKET, type SettingValue } from './describe-option.ts';
import { logsUrlBelow } from './endpoint.ts';
import { nearestName } from './nearest-name.ts';
import type { ItemNames, ListOption, SettingOption } from './option-table.ts';
import { printableValue } from './problem.ts';

export type ParsedValue =
  | { readonly ok: true; readonly value: SettingValue }
  | { readonly ok: false; readonly reason: string; readonly nearest?: string };

/** Reads the text of a flag or an environment variable as a value of the option, in the unit of `Config`. */
export function parseOptionValue(option: SettingOption, text: string): ParsedValue {
  if (text.length > MAX_VALUE_CHARACTERS) {
    return refuse(`has ${text.length} characters, at most ${MAX_VALUE_CHARACTERS} are allowed`);
  }
  switch (option.kind) {
    case 'integer':
    case 'port':
      return inRange(option, wholeNumber(text));
    case 'seconds': {
      const seconds = inRange(option, wholeNumber(text));
      return seconds.ok ? { ok: true, value: Number(seconds.value) * 1000 } : seconds;
    }
    case 'bytes':
      return inRange(option, byteCount(text));
    case 'percent':
      return inRange(option, decimalNumber(text));
    case 'boolean':
      return parseBoolean(text);
    case 'enum':
      return oneOf(option.values, text);
    case 'path':
      return parsePath(text, option.absolute === true);
    case 'directories':
      return parseDirectories(text);
    case 'socket':
      return parseSocketPath(text);
    case 'text':
      return text.trim() === '' ? refuse('is empty') : { ok: true, value: text };
    case 'host':
      return parseHost(text);
    case 'url': {
      const endpoint = logsUrlBelow(text);
      return endpoint.ok ? { ok: true, value: endpoint.url } : endpoint;
    }
    case 'list':
      return parseList(option, text);
  }
}

/** Twice the longest path there can be, and more than any list that somebody writes. */
export const MAX_VALUE_CHARACTERS = 8_192;

/** Reads `true`, `no`, `on`, `0` and the like, in any case. */
export function parseBoolean(text: string): ParsedValue {
  const word = text.toLowerCase();
  if (['true', 'yes', 'on', '1'].includes(word)) return { ok: true, value: true };
  if (['false', 'no', 'off', '0'].includes(word)) return { ok: true, value: false };
  return refuse('is neither true nor false');
}

function wholeNumber(text: string): ParsedValue {
  if (!/^-?\d+$/.test(text)) return refuse('is not a whole number');
  return exact(Number(text));
}

function decimalNumber(text: string): ParsedValue {
  if (!/^-?\d+(?:\.\d+)?$/.test(text)) return refuse('is not a number');
  return { ok: true, value: Number(text) };
}

function byteCount(text: string): ParsedValue {
  const match = /^(-?\d+) ?([KMG]iB)?$/.exec(text);
  if (match === null) return refuse('is not a number of bytes');
  const factor = BYTE_SUFFIXES.find(([suffix]) => suffix === match[2])?.[1] ?? 1;
  return exact(Number(match[1]) * factor);
}

function exact(value: number): ParsedValue {
  return Number.isSafeInteger(value) ? { ok: true, value } : refuse('is too large');
}

function inRange(option: { readonly min: number; readonly max?: number }, parsed: ParsedValue): ParsedValue {
  if (!parsed.ok) return parsed;
  const value = Number(parsed.value);
  if (value < option.min) return refuse('is too small');
  if (value > (option.max ?? Number.MAX_SAFE_INTEGER)) return refuse('is too large');
  return parsed;
}

function oneOf(values: readonly string[], text: string): ParsedValue {
  if (values.includes(text)) return { ok: true, value: text };
  const nearest = nearestName(text.toLowerCase(), values);
  return { ok: false, reason: 'is not one of the known values', ...(nearest === undefined ? {} : { nearest }) };
}

/** Nothing at all is the empty list; blanks around an item do not count. */
function parseList(option: ListOption, text: string): ParsedValue {
  const items = text === '' ? [] : text.split(',').map((item) => item.trim());
  const parsed = items.map((item) => parseItem(option, item));
  for (const [index, item] of parsed.entries()) {
    if (item.ok) continue;
    const place = items.length === 1 ? '' : `holds "${printableValue(items[index] ?? '')}", which `;
    return { ...item, reason: `${place}${item.reason}` };
  }
  return { ok: true, value: parsed.flatMap((item) => (item.ok ? [item.value] : [])) as string[] | number[] };
}

function parseItem(option: ListOption, item: string): ParsedValue {
  if (item === '') return refuse('is empty');
  switch (option.items) {
    case 'integer':
      return inRange(option, wholeNumber(item));
    case 'text':
      return { ok: true, value: item };
    case 'name':
      return parseName(option.names, item);
  }
}

/** A known name, or another spelling of one, in any case: of two that differ in case only, the one that is written. */
function parseName({ known, aliases, signed }: ItemNames, item: string): ParsedValue {
  const [, sign = '', typed = ''] = (signed ? /^([+-]?)(.*)$/s : /^()(.*)$/s).exec(item) ?? [];
  const spellings = [typed, typed.toLowerCase(), typed.toUpperCase()];
  const name = spellings.flatMap((text) => (known.includes(text) ? [text] : (aliases.get(text) ?? [])))[0];
  if (name !== undefined) return { ok: true, value: `${sign}${name}` };
  const nearest = nearestName(typed.toLowerCase(), known);
  return {
    ok: false,
    reason: 'is not one of the known names',
    ...(nearest === undefined ? {} : { nearest: `${sign}${nearest}` }),
  };
}

function parsePath(text: string, mustBeAbsolute: boolean): ParsedValue {
  if (text.includes('\0')) return refuse('holds a NUL byte');
  if (text.trim() === '') return refuse('is empty');
  if (mustBeAbsolute && !isAbsolute(text)) {
    return refuse('is a relative path, which would mean another place wherever procmond is started');
  }
  return { ok: true, value: text };
}

function parseDirectories(text: string): ParsedValue {
  const paths = text.split(',').map((path) => path.trim());
  const wrong = paths.map((path) => parsePath(path, true)).find((parsed) => !parsed.ok);
  return wrong ?? { ok: true, value: paths.join(', ') };
}

function parseSocketPath(text: string): ParsedValue {
  if (text === NO_SOCKET) return { ok: true, value: '' };
  const path = parsePath(text, true);
  const problem = socketPathProblem(text);
  return path.ok && problem !== undefined ? refuse(problem) : path;
}

function parseHost(text: string): ParsedValue {
  if (isIP(text) !== 0 || HOST_NAME.test(text)) return { ok: true, value: text };
  if (/^\[.*\]$/.test(text)) return refuse('is written in brackets, which belong to URLs');
  return refuse('is neither a host name nor an IP address');
}

/** RFC 1123 labels; the last one has a letter, or it would be a mistyped IPv4 address. */
const HOST_NAME =
  /^(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*(?=[a-z0-9-]*[a-z])[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i;

function refuse(reason: string): ParsedValue {
  return { ok: false, reason };
}
