import { parseArgs } from 'node:util';
import { COMMAND_NAMES, type CommandName, isCommandName, type Operand, operandOf, takesWords } from './commands.ts';
import { allowedText, type SettingValue } from './describe-option.ts';
import { type GivenSetting, type Layer, refusedValue } from './given-setting.ts';
import { nearestName } from './nearest-name.ts';
import {
  OPTIONS,
  type Option,
  type RequestOption,
  SETTING_OPTIONS,
  type SettingOption,
  type ShorthandOption,
} from './option-table.ts';
import { parseBoolean, parseOptionValue } from './parse-option-value.ts';
import { type ConfigProblem, printableValue } from './problem.ts';

export interface ParsedArguments extends Layer {
  readonly command: CommandName;
  /** `help` or `version` when such a flag was given: it stands above all else that was typed. */
  readonly request?: RequestOption['name'];
  /** The command that help was asked for: `procmond help ps`, `procmond ps --help`. */
  readonly topic?: CommandName;
  /** What stands behind a command that takes words, or one. */
  readonly words: readonly string[];
}

/**
 * Reads the words after the program's name. `_` and `-` in names of options are the same; a switch takes a value only
 * after `=`; the first word that is no value names the command, `run` where there is none. Behind `--` all are words.
 */
export function parseArguments(argv: readonly string[]): ParsedArguments {
  if (argv.length > MAX_ARGUMENTS) {
    const reason = `has ${argv.length} arguments, at most ${MAX_ARGUMENTS} are allowed`;
    return {
      command: 'run',
      words: [],
      given: [],
      problems: [{ name: 'command line', origin: 'command line', reason }],
    };
  }
  const { flags, words, requests, problems } = readFlags(argv);
  const { command, topic, texts, problems: wordProblems } = readWords(words);
  const unusable = command === undefined ? [] : misplacedFlags(flags, command);
  const request = requests.includes('help') ? 'help' : requests[0];
  const helpTopic = request === 'help' && words.length > 0 && command !== 'help' ? command : topic;
  return {
    command: command ?? 'run',
    words: texts ?? [],
    given: flags,
    problems: [...problems, ...wordProblems, ...unusable],
    ...(request === undefined ? {} : { request }),
    ...(helpTopic === undefined ? {} : { topic: helpTopic }),
  };
}

/** They are taken apart in time quadratic to their number. */
const MAX_ARGUMENTS = 4_096;

interface Word {
  readonly text: string;
  /** The switch right before it, whose value it may have been meant to be. */
  readonly after?: string;
}

interface ReadFlags {
  readonly flags: GivenSetting[];
  readonly words: Word[];
  readonly requests: RequestOption['name'][];
  readonly problems: ConfigProblem[];
}

/** One long flag as typed. */
interface Flag {
  /** With its dashes, underscores turned into hyphens. */
  readonly spelling: string;
  /** What stands after `=`. */
  readonly inlineValue: string | undefined;
  readonly nextArgument: string | undefined;
}

/** What a flag turned out to be; `consumed` when the next argument is its value. */
interface FlagReading {
  readonly option?: SettingOption | RequestOption;
  /** The flag that gave it, where that has another name. */
  readonly spelling?: string;
  readonly value?: SettingValue;
  readonly problem?: ConfigProblem;
  readonly consumed?: boolean;
}

function readFlags(argv: readonly string[]): ReadFlags {
  const read: ReadFlags = { flags: [], words: [], requests: [], problems: [] };
  const { tokens } = parseArgs({
    args: argv.map(shortGroup),
    options: {},
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const consumed = new Set<number>();
  const seen = new Map<string, string>();
  let after: string | undefined;
  for (const token of tokens) {
    if (consumed.has(token.index)) continue;
    if (token.kind === 'positional') read.words.push({ text: token.value, ...(after === undefined ? {} : { after }) });
    after = undefined;
    if (token.kind !== 'option') continue;
    const flag = flagOf(token, argv);
    const reading = flag.spelling.startsWith('--') ? readLongFlag(flag) : readShortFlag(flag);
    // A group of short flags is several tokens of one argument.
    consumed.add(token.index);
    if (reading.consumed) consumed.add(token.index + 1);
    if (reading.option?.kind === 'boolean' && flag.inlineValue === undefined) after = `--${reading.option.name}`;
    keepReading(read, seen, reading);
  }
  return read;
}

/** No group of short flags is right; one of a hundred thousand letters is more than Node.js can take apart. */
const LONGEST_GROUP = 100;

function shortGroup(argument: string): string {
  return /^-[^-]/.test(argument) ? argument.slice(0, LONGEST_GROUP) : argument;
}

interface OptionToken {
  readonly index: number;
  readonly rawName: string;
  readonly value?: string | undefined;
}

function flagOf({ index, rawName, value }: OptionToken, argv: readonly string[]): Flag {
  const nextArgument = argv[index + 1];
  if (rawName.startsWith('--')) return { spelling: rawName.replaceAll('_', '-'), inlineValue: value, nextArgument };
  return { spelling: argv[index] ?? rawName, inlineValue: undefined, nextArgument };
}

/** `seen`: the flags an option was given by, by its name. */
function keepReading(
  read: ReadFlags,
  seen: Map<string, string>,
  { option, spelling, value, problem }: FlagReading,
): void {
  if (option?.kind === 'request' && problem === undefined) {
    read.requests.push(option.name);
    return;
  }
  const flag = spelling ?? `--${option?.name}`;
  const before = option === undefined ? undefined : seen.get(option.name);
  if (option !== undefined && before !== undefined) {
    const reason = before === flag ? 'is given more than once' : `sets the same as ${before}`;
    read.problems.push({ name: option.name, origin: `flag ${flag}`, reason });
  }
  if (option !== undefined) seen.set(option.name, flag);
  if (problem !== undefined) read.problems.push(problem);
  if (option !== undefined && option.kind !== 'request' && value !== undefined) {
    read.flags.push({ option, value, origin: `flag ${flag}` });
  }
}

function readLongFlag(flag: Flag): FlagReading {
  const name = flag.spelling.slice(2);
  const option = OPTIONS.find((row) => row.name === name);
  if (option?.kind === 'shorthand') return readShorthand(option, flag);
  if (option !== undefined) return readKnownFlag(option, flag);
  const negated = OPTIONS.find((row) => row.kind === 'boolean' && `no-${row.name}` === name);
  if (negated?.kind !== 'boolean') return unknownFlag(flag);
  if (flag.inlineValue === undefined) return { option: negated, value: false };
  return { option: negated, problem: takesNoValue(flag) };
}

function readShortFlag(flag: Flag): FlagReading {
  const option = OPTIONS.find((row) => row.kind === 'request' && `-${row.short}` === flag.spelling);
  return option?.kind === 'request' ? { option } : unknownFlag(flag);
}

function readShorthand({ means }: ShorthandOption, flag: Flag): FlagReading {
  if (flag.inlineValue !== undefined) return { problem: takesNoValue(flag) };
  const option = SETTING_OPTIONS.find(({ name }) => name === means.option);
  if (option === undefined) return unknownFlag(flag);
  return { option, value: means.value, spelling: flag.spelling };
}

function readKnownFlag(option: SettingOption | RequestOption, flag: Flag): FlagReading {
  if (option.kind === 'request') {
    return flag.inlineValue === undefined ? { option } : { option, problem: takesNoValue(flag) };
  }
  if (option.kind === 'boolean' && flag.inlineValue === undefined) return { option, value: true };
  const text = flag.inlineValue ?? valueArgument(flag.nextArgument, option);
  if (text === undefined || text === '') return { option, problem: withoutValue(option), consumed: text === '' };
  const parsed = parseOptionValue(option, text);
  const consumed = flag.inlineValue === undefined;
  if (parsed.ok) return { option, value: parsed.value, consumed };
  return { option, problem: refusedValue(option, text, `flag --${option.name}`, parsed), consumed };
}

/**
 * A flag starts with `-` and is never taken for a value; a negative number is, to be refused by its range, and so is what a
 * list of signed names may begin with: no short flag has more than one letter.
 */
function valueArgument(argument: string | undefined, option?: SettingOption): string | undefined {
  if (argument === undefined || !argument.startsWith('-') || /^-\d/.test(argument)) return argument;
  const signed = option?.kind === 'list' && option.items === 'name' && option.names.signed;
  return signed && /^-[^-]./.test(argument) ? argument : undefined;
}

/** Its value is not shown: nobody knows whether it is a secret. */
function unknownFlag(flag: Flag): FlagReading {
  const typed = flag.spelling.replace(/^-+/, '');
  const nearest = nearestName(typed, OPTIONS.flatMap(flagNames));
  const option = OPTIONS.find(({ name }) => name === nearest);
  const spelling = printableValue(flag.spelling);
  const problem = {
    name: spelling,
    origin: `flag ${spelling}`,
    reason: 'is no option of procmond',
    ...(nearest === undefined ? {} : { nearest: `--${nearest}` }),
  };
  // The word after a mistyped flag was its value, no mistake of its own.
  const takesValue = option !== undefined && !['boolean', 'request', 'shorthand'].includes(option.kind);
  const hasValue = flag.inlineValue === undefined && valueArgument(flag.nextArgument) !== undefined;
  return { problem, consumed: takesValue && hasValue };
}

function flagNames(option: Option): string[] {
  return option.kind === 'boolean' ? [option.name, `no-${option.name}`] : [option.name];
}

function withoutValue(option: SettingOption): ConfigProblem {
  return {
    name: option.name,
    origin: `flag --${option.name}`,
    reason: 'is given without its value',
    allowed: allowedText(option),
  };
}

function takesNoValue(flag: Flag): ConfigProblem {
  return {
    name: flag.spelling.slice(2),
    origin: `flag ${flag.spelling}`,
    value: printableValue(flag.inlineValue ?? ''),
    reason: 'takes no value',
  };
}

interface ReadWords {
  /** Undefined where the first word is no command. */
  readonly command: CommandName | undefined;
  readonly topic?: CommandName;
  /** Those behind the command, where it takes any. */
  readonly texts?: readonly string[];
  readonly problems: readonly ConfigProblem[];
}

function readWords([first, ...rest]: readonly Word[]): ReadWords {
  if (first === undefined) return { command: 'run', problems: [] };
  if (!isCommandName(first.text)) return { command: undefined, problems: [first, ...rest].map(unexpectedWord) };
  if (takesWords(first.text)) {
    const texts = rest.map(({ text }) => text);
    return { command: first.text, texts, problems: rest.flatMap((word) => uselessWord(word) ?? []) };
  }
  const operand = operandOf(first.text);
  if (operand !== undefined) return { command: first.text, ...readOperand(operand, rest) };
  const [second, ...others] = rest;
  if (first.text !== 'help' || second === undefined) return { command: first.text, problems: rest.map(unexpectedWord) };
  if (isCommandName(second.text)) return { command: 'help', topic: second.text, problems: others.map(unexpectedWord) };
  return { command: 'help', problems: rest.map(unexpectedWord) };
}

function readOperand(operand: Operand, [word, ...others]: readonly Word[]): Pick<ReadWords, 'texts' | 'problems'> {
  const { name, required, known } = operand;
  const problems = others.map(unexpectedWord);
  if (word === undefined) {
    const missing = {
      name,
      origin: 'command line',
      reason: `lacks the ${name}`,
      allowed: `<${name}> behind the command`,
    };
    return { problems: required ? [missing] : [] };
  }
  if (isSwitchValue(word)) return { problems: [unexpectedWord(word), ...problems] };
  const isRight = known === undefined ? word.text.trim() !== '' : known.includes(word.text);
  if (isRight) return { texts: [word.text], problems };
  const nearest = nearestName(word.text, known ?? []);
  const unknown = {
    name,
    origin: 'command line',
    value: printableValue(word.text),
    reason: `is no ${name}`,
    ...(known !== undefined && { allowed: known.join(' or ') }),
    ...(nearest === undefined ? {} : { nearest }),
  };
  return { problems: [unknown, ...problems] };
}

/** A word that cannot have been meant to select processes. */
function uselessWord(word: Word): ConfigProblem | undefined {
  if (isSwitchValue(word)) return unexpectedWord(word);
  if (word.text.trim() !== '') return undefined;
  return {
    name: 'word',
    origin: 'command line',
    value: word.text,
    reason: 'is an empty word, which every process holds',
  };
}

/** Whether it was meant as the value of the switch before it, which takes one only after `=`. */
function isSwitchValue({ text, after }: Word): boolean {
  return after !== undefined && parseBoolean(text).ok;
}

function unexpectedWord(word: Word): ConfigProblem {
  const { text, after } = word;
  const value = printableValue(text);
  const common = { name: value, origin: 'command line', value };
  if (isSwitchValue(word)) return { ...common, reason: 'is an unexpected word', nearest: `${after}=${text}` };
  const nearest = nearestName(text, COMMAND_NAMES);
  return { ...common, reason: 'is an unexpected word', ...(nearest === undefined ? {} : { nearest }) };
}

function misplacedFlags(flags: readonly GivenSetting[], command: CommandName): ConfigProblem[] {
  return flags
    .filter(({ option }) => !option.commands.includes(command))
    .map(({ option, origin }) => ({
      name: option.name,
      origin,
      reason: `does not belong to the command ${command}, only to ${option.commands.join(', ')}`,
    }));
}
