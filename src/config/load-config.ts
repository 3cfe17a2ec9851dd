import { isIP } from 'node:net';
import { join } from 'node:path';
import { socketPathProblem } from '../base/socket-path.ts';
import { NO_RULE_SETTINGS, type RuleSettings } from '../event/rule-settings.ts';
import type { CommandName } from './commands.ts';
import type { Config } from './config.ts';
import { defaultDataDirectory } from './default-data-directory.ts';
import { NO_SOCKET, type SettingValue, settingText } from './describe-option.ts';
import { endpointWarning, hasUserInfo } from './endpoint.ts';
import type { GivenSetting, Layer } from './given-setting.ts';
import { maskUrlSecrets } from './mask-url-secrets.ts';
import { environmentVariable, SETTING_OPTIONS, type SettingOption } from './option-table.ts';
import { checkOtelEnvironment } from './otel-environment.ts';
import { type ParsedArguments, parseArguments } from './parse-arguments.ts';
import { type FileLayer, parseConfigFile } from './parse-config-file.ts';
import { parseOptionValue } from './parse-option-value.ts';
import type { WrittenCondition } from './parse-rules.ts';
import { type ConfigProblem, firstProblems } from './problem.ts';
import { CONFIG_FILE_MAX_BYTES, type ConfigFile } from './read-config-file.ts';
import { type Environment, readEnvironment, readStandardVariables } from './read-environment.ts';

/** What the configuration is made from; nothing else is looked at. */
export interface ConfigSources {
  /** The words after the program's name. */
  readonly argv: readonly string[];
  readonly env: Environment;
  readonly readConfigFile: (path: string) => ConfigFile;
  /** Empty when there is none. */
  readonly homeDirectory: string;
  /** Undefined where the system has no user ids. */
  readonly effectiveUserId: number | undefined;
}

/** One option with the value in force. */
export interface Setting {
  readonly option: SettingOption;
  /** As it would be written, secrets masked; empty where there is no value. */
  readonly text: string;
  /** `flag --interval`, `environment PROCMOND_INTERVAL`, `file /etc/procmond.yaml` or `default`. */
  readonly origin: string;
}

export interface LoadedConfig {
  readonly ok: true;
  readonly command: Exclude<CommandName, 'help' | 'version'>;
  readonly config: Config;
  /** What stands behind the command: only where it takes words, and none of them is empty. */
  readonly words: readonly string[];
  /** Every option, in the order of the table. */
  readonly settings: readonly Setting[];
  /** What the sections of the file ask of the rules. */
  readonly rules: RuleSettings;
  /** Regular expressions of the file, of what is hidden besides. May spell out secrets: not to be printed. */
  readonly redactPatterns: readonly string[];
  /** `file /etc/procmond.yaml`, where there is one. */
  readonly rulesOrigin: string;
  readonly conditions: readonly WrittenCondition[];
  /** What works but was hardly meant; sentences without secrets. */
  readonly warnings: readonly string[];
}

export type LoadConfigResult =
  | LoadedConfig
  | { readonly ok: true; readonly command: 'help'; readonly topic: CommandName | undefined }
  | { readonly ok: true; readonly command: 'version' }
  | {
      readonly ok: false;
      readonly problems: readonly ConfigProblem[];
      /** Conditions of own rules, which have not been looked into (see `checkConditions`). */
      readonly conditions: readonly WrittenCondition[];
    };

/**
 * Makes the configuration from flags, PROCMOND_* variables, standard OTEL_* variables, the YAML file and defaults, the
 * earlier ruling over the later. Either everything given is right, also what is overruled, or all mistakes are told.
 */
export function loadConfig(sources: ConfigSources): LoadConfigResult {
  const flags = parseArguments(sources.argv);
  if (flags.request === 'help') return { ok: true, command: 'help', topic: flags.topic };
  const command = flags.request ?? flags.command;
  if (command === 'help' || command === 'version') return answerRequest(command, flags);

  const environment = readEnvironment(sources.env);
  const file = readFileLayer(sources, [flags, environment]);
  const sends = command === 'run' || command === 'config' || command === 'doctor';
  const standard = sends ? readStandardVariables(sources.env) : NO_LAYER;
  const layers = [flags, environment, endpointIsGiven([flags, environment]) ? NO_LAYER : standard, file];
  const { values, problems: defaultProblems } = chooseValues(layers, sources, command);
  const problems = [
    ...layers.flatMap((layer) => layer.problems),
    ...(sends ? checkOtelEnvironment(sources.env) : []),
    ...defaultProblems,
  ];
  const { conditions, rules, redactPatterns } = file;
  if (problems.length > 0) return { ok: false, problems: firstProblems(problems), conditions };
  return {
    ok: true,
    rules,
    redactPatterns,
    rulesOrigin: file.origin ?? 'default',
    conditions,
    command,
    config: configOf(values),
    words: flags.words,
    settings: values.map(settingOf),
    warnings: sends ? warningsAbout(values) : [],
  };
}

/** The value in force for an option; undefined only for options that may be without one. */
interface ChosenValue {
  readonly option: SettingOption;
  readonly value: SettingValue | undefined;
  readonly origin: string;
}

const NO_LAYER: FileLayer = { given: [], problems: [], rules: NO_RULE_SETTINGS, redactPatterns: [], conditions: [] };

function answerRequest(command: 'help' | 'version', flags: ParsedArguments): LoadConfigResult {
  if (flags.problems.length > 0) return { ok: false, problems: firstProblems(flags.problems), conditions: [] };
  return command === 'help' ? { ok: true, command, topic: flags.topic } : { ok: true, command };
}

/** Reads the file that --config or PROCMOND_CONFIG names, if any. */
function readFileLayer(sources: ConfigSources, layers: readonly Layer[]): FileLayer & { readonly origin?: string } {
  const named = layers.flatMap(({ given }) => given).find(({ option }) => option.name === 'config');
  if (named === undefined) return NO_LAYER;
  const path = String(named.value);
  const refuse = (reason: string): FileLayer => ({
    ...NO_LAYER,
    problems: [{ name: 'config', origin: named.origin, value: path, reason }],
  });
  const file = sources.readConfigFile(path);
  if (!file.ok) return refuse(file.reason);
  if (Buffer.byteLength(file.text) > CONFIG_FILE_MAX_BYTES) return refuse('is larger than 1MiB');
  if (sources.effectiveUserId === 0) {
    const unsafe = whyUnsafeForRoot(file, path);
    if (unsafe !== undefined) return refuse(unsafe);
  }
  return { ...parseConfigFile(file.text, path), origin: `file ${path}` };
}

/** Who may write the file of a daemon that runs as root may make it send anything anywhere. */
function whyUnsafeForRoot(file: Extract<ConfigFile, { ok: true }>, path: string): string | undefined {
  const remedy = `(chown root ${path} && chmod go-w ${path})`;
  if (file.ownerUserId !== 0) {
    return `belongs to user ${file.ownerUserId}, but procmond runs as root and reads only a file of root ${remedy}`;
  }
  if ((file.mode & 0o022) === 0) return undefined;
  const mode = file.mode.toString(8).padStart(4, '0');
  return `is writable by others than root (mode ${mode}), but procmond runs as root ${remedy}`;
}

function endpointIsGiven(layers: readonly Layer[]): boolean {
  return layers.some(({ given }) => valueGiven(given, 'endpoint') !== undefined);
}

function chooseValues(layers: readonly Layer[], sources: ConfigSources, command: CommandName) {
  const problems: ConfigProblem[] = [];
  const given = layers.flatMap((layer) => layer.given);
  const values = SETTING_OPTIONS.map((option): ChosenValue => {
    const strongest: GivenSetting | undefined = given.find((setting) => setting.option === option);
    if (strongest !== undefined) return strongest;
    const { value, problem } = defaultOf(option, given, sources);
    if (problem !== undefined && option.commands.includes(command)) problems.push(problem);
    return { option, value, origin: 'default' };
  });
  return { values, problems };
}

interface DefaultValue {
  readonly value: SettingValue | undefined;
  readonly problem?: ConfigProblem;
}

function defaultOf(option: SettingOption, given: readonly GivenSetting[], sources: ConfigSources): DefaultValue {
  if (option.default === undefined) return { value: undefined };
  if (typeof option.default !== 'object') {
    const parsed = parseOptionValue(option, String(option.default));
    return { value: parsed.ok ? parsed.value : undefined };
  }
  const directory = defaultDataDirectory(sources);
  if (option.kind === 'socket')
    return defaultControlSocket(option, valueGiven(given, 'data-dir') ?? directory, given, sources);
  return directory === undefined ? { value: undefined, problem: withoutHome(option) } : { value: directory };
}

/** Beside the data; none where there is no directory for them, or no Unix sockets. */
function defaultControlSocket(
  { name }: SettingOption,
  dataDirectory: SettingValue | undefined,
  given: readonly GivenSetting[],
  { effectiveUserId }: ConfigSources,
): DefaultValue {
  if (dataDirectory === undefined || effectiveUserId === undefined) return { value: '' };
  const path = join(String(dataDirectory), CONTROL_SOCKET_FILE);
  const reason = socketPathProblem(path);
  if (reason === undefined) return { value: path };
  // One cycle has no socket.
  if (valueGiven(given, 'once') === true) return { value: '' };
  const allowed = `--${name} with a shorter path, or --${name} ${NO_SOCKET}`;
  return { value: '', problem: { name, origin: `default of --${name}`, value: path, reason, allowed } };
}

const CONTROL_SOCKET_FILE = 'control.sock';

function valueGiven(given: readonly GivenSetting[], name: string): SettingValue | undefined {
  return given.find(({ option }) => option.name === name)?.value;
}

function withoutHome(option: SettingOption): ConfigProblem {
  return {
    name: option.name,
    origin: `default of --${option.name}`,
    reason: 'cannot be told, since this user has no home directory',
    allowed: `--${option.name} or ${environmentVariable(option)} with an absolute path`,
  };
}

/** The table has one row for each key of `Config`, with values of its type: the rows are typed so, and a test counts them. */
function configOf(values: readonly ChosenValue[]): Config {
  const entries = values.flatMap(({ option, value }) => (option.key === undefined ? [] : [[option.key, value ?? '']]));
  return Object.freeze(Object.fromEntries(entries)) as Config;
}

function settingOf({ option, value, origin }: ChosenValue): Setting {
  if (value === undefined) return { option, text: '', origin };
  const text = settingText(option, value);
  const secret = 'secret' in option && option.secret;
  return { option, text: secret ? maskUrlSecrets(text) : text, origin };
}

function warningsAbout(values: readonly ChosenValue[]): string[] {
  const chosen = (name: string) => values.find(({ option }) => option.name === name);
  const warnings = endpointWarnings(chosen('endpoint'));
  const host = String(chosen('metrics-host')?.value);
  if (!isLoopback(host)) {
    warnings.push(
      `metrics are on ${host}, for everybody who reaches it, without a password: --metrics-host 127.0.0.1 keeps them on this host`,
    );
  }
  return warnings;
}

function endpointWarnings(endpoint: ChosenValue | undefined): string[] {
  if (typeof endpoint?.value !== 'string') return [];
  const warnings: string[] = [];
  const odd = endpointWarning(endpoint.value);
  if (odd !== undefined) warnings.push(odd);
  if (endpoint.origin.startsWith('flag') && hasUserInfo(endpoint.value)) {
    warnings.push('the endpoint was given with a password as a flag, where every user of this host can read it');
  }
  return warnings;
}

/** Where nobody but this host connects to (RFC 1122, RFC 4291). */
function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}
