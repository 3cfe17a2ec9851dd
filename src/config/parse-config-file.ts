import { isMap, isScalar, isSeq, Lexer, LineCounter, type Pair, type ParsedNode, parseDocument } from 'yaml';
import { errorMessage } from '../base/errors.ts';
import { NO_RULE_SETTINGS, type RuleSettings } from '../event/rule-settings.ts';
import { allowedText } from './describe-option.ts';
import { type GivenSetting, type Layer, refusedValue } from './given-setting.ts';
import { nearestName } from './nearest-name.ts';
import { SETTING_OPTIONS, type SettingOption } from './option-table.ts';
import { parseExpectedProcesses } from './parse-expected-processes.ts';
import { type ParsedValue, parseOptionValue } from './parse-option-value.ts';
import { parseRedactPatterns } from './parse-redact-patterns.ts';
import { parseRules, type WrittenCondition } from './parse-rules.ts';
import { type ConfigProblem, printableValue } from './problem.ts';
import { type Place, SectionReader } from './section-reader.ts';

/** What the file says: options as the other layers have them, and the sections that only a file can hold. */
export interface FileLayer extends Layer {
  readonly rules: RuleSettings;
  /** Regular expressions of what is hidden besides. May spell out secrets: not to be printed. */
  readonly redactPatterns: readonly string[];
  /** Conditions of own rules, which are not looked into here. */
  readonly conditions: readonly WrittenCondition[];
}

/**
 * Reads the text of a configuration file: one YAML mapping of option names (`-` and `_` are the same) to plain values,
 * and of the sections. Nothing is resolved or expanded: an alias is refused before it could multiply.
 */
export function parseConfigFile(text: string, path: string): FileLayer {
  const lines = new LineCounter();
  const place = (offset: number | undefined) =>
    `file ${path}${offset === undefined ? '' : ` line ${lines.linePos(offset).line}`}`;
  if (hasTooManyParts(text)) return nothing([tooManyParts(path)]);
  try {
    // Keys that are given twice are found by parseEntries, where `-` and `_` are the same; pretty errors quote the file.
    const document = parseDocument(text, { lineCounter: lines, uniqueKeys: false, prettyErrors: false });
    const faults = [...document.errors, ...document.warnings];
    if (faults.length > 0) return nothing(syntaxProblems(faults, path, place));
    if (document.contents === null || isBlank(document.contents)) return nothing([]);
    if (!isMap(document.contents)) return nothing([notMapping(path)]);
    return parseEntries(document.contents.items, path, place);
  } catch (thrown) {
    // The parser recurses, and the file decides how deep.
    return nothing([
      {
        name: path,
        origin: `file ${path}`,
        reason: `cannot be parsed as YAML: ${printableValue(errorMessage(thrown))}`,
      },
    ]);
  }
}

type Entry = Pair<ParsedNode, ParsedNode | null>;

/** One mistake in the syntax leads to others; more than these help nobody. */
const MOST_SYNTAX_PROBLEMS = 3;

/** Nested, and so of the file alone. */
const SECTIONS = ['rules', 'expected-processes', 'redact-patterns'] as const;

function parseEntries(entries: readonly Entry[], path: string, place: Place): FileLayer {
  const given: GivenSetting[] = [];
  const reader = new SectionReader(place);
  const { problems } = reader;
  const seen = new Set<string>();
  let rules = NO_RULE_SETTINGS;
  let conditions: readonly WrittenCondition[] = [];
  let redactPatterns: readonly string[] = [];
  for (const { key, value } of entries) {
    const origin = place(key.range[0]);
    const section = knownSection(key);
    if (section !== undefined) {
      const at = { node: value, name: section, offset: key.range[0] };
      if (seen.has(section)) reader.refuse(at, 'is given more than once');
      seen.add(section);
      switch (section) {
        case 'rules': {
          const { conditions: written, ...settings } = parseRules(at, reader);
          conditions = written;
          rules = { ...rules, ...settings };
          break;
        }
        case 'expected-processes':
          rules = { ...rules, expectedProcesses: parseExpectedProcesses(at, reader) };
          break;
        case 'redact-patterns':
          redactPatterns = parseRedactPatterns(at, reader);
      }
      continue;
    }
    const option = knownOption(key);
    if (option === undefined) {
      problems.push(unknownKey(key, origin));
      continue;
    }
    const keyOrigin = `${origin}, ${option.name}`;
    if (seen.has(option.name))
      problems.push({ name: option.name, origin: keyOrigin, reason: 'is given more than once' });
    seen.add(option.name);
    const read = readNode(option, value);
    if (read.parsed.ok) given.push({ option, value: read.parsed.value, origin: `file ${path}` });
    else problems.push(refusedNode(option, read.text, keyOrigin, read.parsed));
  }
  return { given, problems, rules, redactPatterns, conditions };
}

function knownSection(key: ParsedNode): (typeof SECTIONS)[number] | undefined {
  if (!isScalar(key) || typeof key.value !== 'string') return undefined;
  const name = key.value.replaceAll('_', '-');
  return SECTIONS.find((section) => section === name);
}

function knownOption(key: ParsedNode): SettingOption | undefined {
  if (!isScalar(key) || typeof key.value !== 'string') return undefined;
  const name = key.value.replaceAll('_', '-');
  return SETTING_OPTIONS.find((option) => option.inFile && option.name === name);
}

interface ReadNode {
  readonly parsed: ParsedValue;
  /** The value as it may be quoted; undefined for what is no plain value. */
  readonly text?: string;
}

/** Reads a value whose YAML type fits the option: numbers for counts, true and false for switches, text for the rest. */
function readNode(option: SettingOption, node: ParsedNode | null): ReadNode {
  if (!isScalar(node)) return { parsed: { ok: false, reason: `is ${nodeKind(node)}` } };
  const { value } = node;
  if (value === null || value === undefined || value === '') return { parsed: { ok: false, reason: 'has no value' } };
  const text = typeof value === 'string' || typeof value === 'number' ? String(value) : JSON.stringify(value);
  const wrongType = typeMismatch(option, value);
  return { text, parsed: wrongType === undefined ? parseOptionValue(option, text) : { ok: false, reason: wrongType } };
}

function typeMismatch(option: SettingOption, value: unknown): string | undefined {
  switch (option.kind) {
    case 'boolean':
      return typeof value === 'boolean' ? undefined : `is ${typeName(value)}, not true or false`;
    case 'integer':
    case 'seconds':
    case 'port':
    case 'percent':
      return typeof value === 'number' ? undefined : `is ${typeName(value)}, not a number`;
    case 'bytes':
      return typeof value === 'number' || typeof value === 'string' ? undefined : `is ${typeName(value)}, not a number`;
    default:
      return typeof value === 'string' ? undefined : `is ${typeName(value)}, not text (quote it)`;
  }
}

function typeName(value: unknown): string {
  if (typeof value === 'string') return 'text';
  if (typeof value === 'boolean') return 'true or false';
  return typeof value === 'number' ? 'a number' : 'something else';
}

function nodeKind(node: ParsedNode | null): string {
  if (node === null) return 'without a value';
  if (isMap(node)) return 'a mapping, not a plain value';
  return isSeq(node) ? 'a list, not a plain value' : 'an alias, which is not allowed here: write the value itself';
}

function refusedNode(
  option: SettingOption,
  text: string | undefined,
  origin: string,
  refused: Extract<ParsedValue, { ok: false }>,
): ConfigProblem {
  if (text !== undefined) return refusedValue(option, text, origin, refused);
  return { name: option.name, origin, reason: refused.reason, allowed: allowedText(option) };
}

function unknownKey(key: ParsedNode, origin: string): ConfigProblem {
  if (!isScalar(key)) return { name: 'key', origin, reason: 'has a key that is no plain text' };
  const name = printableValue(String(key.value));
  const inFile = SETTING_OPTIONS.filter((option) => option.inFile).map((option) => option.name);
  const nearest = nearestName(name.replaceAll('_', '-'), [...inFile, ...SECTIONS]);
  return {
    name,
    origin: `${origin}, ${name}`,
    reason: 'is no key of the configuration file',
    ...(nearest === undefined ? {} : { nearest }),
  };
}

function syntaxProblems(
  faults: readonly { readonly message: string; readonly pos: readonly [number, number] }[],
  path: string,
  place: Place,
): ConfigProblem[] {
  return faults.slice(0, MOST_SYNTAX_PROBLEMS).map(({ message, pos }) => ({
    name: path,
    origin: place(pos[0]),
    reason: `is not YAML procmond can read: ${printableValue(message)}`,
  }));
}

/**
 * What the parser makes of a part takes up to a kilobyte, so that the bytes of a file bound too little. A file with all
 * rules and expected processes that there may be has a fifth of these: names, indents, colons, comments, ends of lines.
 */
export const CONFIG_FILE_MAX_PARTS = 50_000;

function hasTooManyParts(text: string): boolean {
  let parts = 0;
  for (const _ of new Lexer().lex(text)) {
    parts += 1;
    if (parts > CONFIG_FILE_MAX_PARTS) return true;
  }
  return false;
}

function tooManyParts(path: string): ConfigProblem {
  const reason = `has more than ${CONFIG_FILE_MAX_PARTS} parts (names, values, commas, lines)`;
  return { name: path, origin: `file ${path}`, reason };
}

function notMapping(path: string): ConfigProblem {
  return { name: path, origin: `file ${path}`, reason: 'holds no mapping', allowed: 'lines like "interval: 30"' };
}

function isBlank(node: ParsedNode): boolean {
  return isScalar(node) && node.value === null;
}

function nothing(problems: readonly ConfigProblem[]): FileLayer {
  return { given: [], problems, rules: NO_RULE_SETTINGS, redactPatterns: [], conditions: [] };
}
