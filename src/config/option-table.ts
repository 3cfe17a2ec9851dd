import { LOG_LEVELS } from '../base/logger.ts';
import { COLUMN_ALIASES, COLUMN_NAMES, USUAL_COLUMNS } from '../listing/process-columns.ts';
import { STATE_ALIASES, STATE_NAMES } from '../listing/process-states.ts';
import { COMMAND_NAMES, type CommandName } from './commands.ts';
import type { Config } from './config.ts';

/** The headings `--help` and the README show options under, in this order. */
export const OPTION_GROUPS = [
  'Collection',
  'Hashes',
  'Delivery',
  'State',
  'Metrics',
  'Control',
  'Files of the host (for containers)',
  'Selection',
  'Analysis',
  'Printing',
  'Configuration and logs',
] as const;

interface OptionBase {
  /** Kebab-case. Flags may also be spelled with underscores. */
  readonly name: string;
  readonly group: (typeof OPTION_GROUPS)[number];
  /** One line; range and default are added to it from the row. */
  readonly description: string;
  /** The commands whose flags it belongs to. Environment and file hold for every command. */
  readonly commands: readonly CommandName[];
  /** False where a key of this name in the configuration file would be senseless. */
  readonly inFile: boolean;
  /** It is a question, asked anew each time, and no setting: there is no environment variable of it. */
  readonly flagOnly?: true;
  /** Another value comes into force by a reload; all others need a restart. */
  readonly reloadable?: true;
}

interface NumberOption extends OptionBase {
  /** `seconds` are whole seconds and become milliseconds in `Config`; `bytes` may carry KiB, MiB or GiB. */
  readonly kind: 'integer' | 'seconds' | 'bytes' | 'port';
  readonly key: KeysHolding<number>;
  readonly placeholder: string;
  /** In the unit the user writes, both included. */
  readonly min: number;
  readonly max?: number;
  readonly default: number;
}

interface BooleanOption extends OptionBase {
  readonly kind: 'boolean';
  readonly key: KeysHolding<boolean>;
  readonly default: boolean;
}

interface TextOption extends OptionBase {
  /**
   * `directories` are absolute paths with commas between them, and ", " in `Config`. `socket` is the path of a Unix socket,
   * or `none`, which is empty in `Config`.
   */
  readonly kind: 'path' | 'directories' | 'socket' | 'host' | 'url' | 'text';
  /** Absent for the configuration file itself, which is no part of what it configures. */
  readonly key?: FreeTextKeys;
  readonly placeholder: string;
  /** Only for paths: a relative one is refused. */
  readonly absolute?: true;
  /** May hold credentials: never printed unmasked. */
  readonly secret?: true;
  readonly default: string | ComputedDefault | undefined;
  /** Variables of the OpenTelemetry specification, strongest first, weaker than PROCMOND_*. */
  readonly standardVariables?: readonly StandardVariable[];
}

type EnumOption = {
  [Key in EnumKeys]: OptionBase & {
    readonly kind: 'enum';
    readonly key: Key;
    readonly placeholder: string;
    readonly values: readonly Config[Key][];
    readonly default: Config[Key];
  };
}[EnumKeys];

/** Several values with commas between; repeating the flag is no way to add one. */
export type ListOption = OptionBase & {
  readonly kind: 'list';
  readonly placeholder: string;
  /** As it would be written; empty = none. */
  readonly default: string;
} & (
    | { readonly items: 'integer'; readonly min: number; readonly key: KeysHolding<readonly number[]> }
    | { readonly items: 'text'; readonly key: KeysHolding<readonly string[]> }
    | { readonly items: 'name'; readonly names: ItemNames; readonly key: KeysHolding<readonly string[]> }
  );

export interface ItemNames {
  readonly known: readonly string[];
  /** Other spellings, with the name they stand for. */
  readonly aliases: ReadonlyMap<string, string>;
  /** Whether `+` or `-` may stand before a name. */
  readonly signed: boolean;
}

/** A default that depends on who runs procmond where; `described` says how. */
interface ComputedDefault {
  readonly described: string;
}

export interface StandardVariable {
  readonly name: string;
  /** Whether the value is the full URL of the logs signal or a base that `/v1/logs` is appended to. */
  readonly holds: 'full URL' | 'base URL';
}

/** An option that has a value: from a flag, the environment, the file, or by default. */
export type SettingOption = NumberOption | BooleanOption | TextOption | EnumOption | ListOption;

/** A flag that asks for something else than the command. */
export interface RequestOption extends OptionBase {
  readonly kind: 'request';
  readonly name: 'help' | 'version';
  readonly short: string;
}

/** A flag that is a short way of giving another option one of its values. */
export interface ShorthandOption extends OptionBase {
  readonly kind: 'shorthand';
  readonly means: { readonly option: SettingOption['name']; readonly value: string };
}

export type Option = SettingOption | RequestOption | ShorthandOption;

type KeysHolding<Value> = { [Key in keyof Config]: Config[Key] extends Value ? Key : never }[keyof Config];
type FreeTextKeys = { [Key in keyof Config]: string extends Config[Key] ? Key : never }[keyof Config];
type EnumKeys = Exclude<KeysHolding<string>, FreeTextKeys>;

const RUN: readonly CommandName[] = ['run', 'config', 'doctor'];
const READS_PROCESSES: readonly CommandName[] = ['run', 'ps', 'config', 'doctor'];
const READS_HOST: readonly CommandName[] = ['run', 'ps', 'snapshot', 'config', 'doctor'];
const ASKS_DAEMON: readonly CommandName[] = ['tail', 'status', 'trigger', 'outbox'];
const WORKS: readonly CommandName[] = ['run', 'ps', 'snapshot', ...ASKS_DAEMON, 'config', 'doctor'];
const PRINTS_PROCESSES: readonly CommandName[] = ['ps', 'snapshot'];
const PRINTS: readonly CommandName[] = [...PRINTS_PROCESSES, ...ASKS_DAEMON, 'doctor'];

/** Every option, once. Parsing, `--help`, `procmond config` and the README are made from these rows. */
export const OPTIONS: readonly Option[] = [
  {
    name: 'interval',
    key: 'intervalMillis',
    kind: 'seconds',
    placeholder: 'seconds',
    min: 5,
    max: 3600,
    default: 30,
    description: 'time from the start of one cycle to the start of the next',
    group: 'Collection',
    commands: RUN,
    inFile: true,
    reloadable: true,
  },
  {
    name: 'max-processes',
    key: 'maxProcessesPerCycle',
    kind: 'integer',
    placeholder: 'count',
    min: 0,
    default: 0,
    description:
      'how many processes are read in full per cycle, oldest first; 0 = unlimited. Starts and stops are always told',
    group: 'Collection',
    commands: READS_PROCESSES,
    inFile: true,
  },
  {
    name: 'enhanced-metadata',
    key: 'collectEnhancedMetadata',
    kind: 'boolean',
    default: true,
    description: 'read more than identity, program and credentials: CPU, memory, container, namespaces, I/O',
    group: 'Collection',
    commands: READS_PROCESSES,
    inFile: true,
  },
  {
    name: 'file-descriptors',
    key: 'countFileDescriptors',
    kind: 'boolean',
    default: false,
    description: 'count the open file descriptors of each process, with the rolling refresh',
    group: 'Collection',
    commands: READS_PROCESSES,
    inFile: true,
  },
  {
    name: 'refresh-cycles',
    key: 'refreshCycles',
    kind: 'integer',
    placeholder: 'count',
    min: 0,
    max: 1000,
    default: 10,
    description:
      'in how many cycles everything is read again that can change without an exec, a share of the processes in each; 0 = never',
    group: 'Collection',
    commands: RUN,
    inFile: true,
  },
  {
    name: 'kernel-threads',
    key: 'kernelThreads',
    kind: 'enum',
    placeholder: 'mode',
    values: ['include', 'inventory', 'exclude'],
    default: 'include',
    description:
      'kernel threads among the observed processes: always, only in the full inventory (what ps and snapshot print is one), or never',
    group: 'Collection',
    commands: READS_HOST,
    inFile: true,
  },
  {
    name: 'command-line',
    key: 'commandLine',
    kind: 'enum',
    placeholder: 'mode',
    values: ['none', 'redacted', 'full'],
    default: 'redacted',
    description: 'what is kept of arguments: argv[0] and their count, all without secrets, or all as they are',
    group: 'Collection',
    commands: READS_PROCESSES,
    inFile: true,
  },
  {
    name: 'max-arguments',
    key: 'maxArguments',
    kind: 'integer',
    placeholder: 'count',
    min: 1,
    max: 4096,
    default: 256,
    description: 'how many arguments of a process are kept; procmond.process.args_truncated tells that there are more',
    group: 'Collection',
    commands: READS_PROCESSES,
    inFile: true,
  },
  {
    name: 'max-argument-bytes',
    key: 'maxArgumentBytes',
    kind: 'bytes',
    placeholder: 'bytes',
    min: 256,
    max: 32 * 1024,
    default: 8 * 1024,
    description: 'how much is kept of all arguments of a process together, after redaction',
    group: 'Collection',
    commands: READS_PROCESSES,
    inFile: true,
  },
  {
    name: 'max-text-bytes',
    key: 'maxTextBytes',
    kind: 'bytes',
    placeholder: 'bytes',
    min: 256,
    max: 16 * 1024,
    default: 4 * 1024,
    description:
      'how much is kept of a path, a title, a control group, each; procmond.truncated_fields names what was cut',
    group: 'Collection',
    commands: READS_PROCESSES,
    inFile: true,
  },
  {
    name: 'enumerator',
    key: 'enumerator',
    kind: 'enum',
    placeholder: 'mode',
    values: ['auto', 'proc', 'portable'],
    default: 'auto',
    description:
      'what reads the processes: /proc, ps or PowerShell (portable, which tells less), or what the platform has',
    group: 'Collection',
    commands: READS_PROCESSES,
    inFile: true,
  },
  {
    name: 'redact-fingerprints',
    key: 'redactFingerprints',
    kind: 'boolean',
    default: true,
    description:
      'mark equal secrets alike, [redacted:3f9a2c41], by a digest keyed with a secret of the store; false: [redacted]',
    group: 'Collection',
    commands: READS_PROCESSES,
    inFile: true,
  },
  {
    name: 'once',
    key: 'once',
    kind: 'boolean',
    default: false,
    description: 'run one cycle, deliver it, and end; no listener, no socket',
    group: 'Collection',
    commands: RUN,
    inFile: true,
  },
  {
    name: 'compute-hashes',
    key: 'computeExecutableHashes',
    kind: 'boolean',
    default: false,
    description: 'hash the executables of processes (SHA-256), each version of a file once',
    group: 'Hashes',
    commands: RUN,
    inFile: true,
  },
  {
    name: 'hash-budget',
    key: 'hashBudgetMillis',
    kind: 'seconds',
    placeholder: 'seconds',
    min: 0,
    max: 300,
    default: 1,
    description: 'how long a cycle waits for hashes that are being made; what is late comes with the next observed',
    group: 'Hashes',
    commands: RUN,
    inFile: true,
  },
  {
    name: 'hash-bytes-per-second',
    key: 'hashBytesPerSecond',
    kind: 'bytes',
    placeholder: 'rate',
    min: 0,
    default: 64 * 1024 ** 2,
    description: 'how fast files are read to hash them, all together; 0 = unlimited',
    group: 'Hashes',
    commands: RUN,
    inFile: true,
  },
  {
    name: 'hash-concurrency',
    key: 'hashConcurrency',
    kind: 'integer',
    placeholder: 'count',
    min: 1,
    max: 16,
    default: 2,
    description: 'how many files are hashed at once, each on a thread that runs only meanwhile',
    group: 'Hashes',
    commands: RUN,
    inFile: true,
  },
  {
    name: 'hash-roots',
    key: 'hashRoots',
    kind: 'directories',
    placeholder: 'directories',
    default: '/usr/bin, /usr/sbin, /bin, /sbin, /usr/local/bin, /usr/local/sbin, /usr/lib, /opt',
    description: 'below which a person may ask for the hash of a file by its path',
    group: 'Hashes',
    commands: RUN,
    inFile: true,
  },
  {
    name: 'endpoint',
    key: 'endpoint',
    kind: 'url',
    placeholder: 'url',
    default: 'http://localhost:4318',
    secret: true,
    standardVariables: [
      { name: 'OTEL_EXPORTER_OTLP_LOGS_ENDPOINT', holds: 'full URL' },
      { name: 'OTEL_EXPORTER_OTLP_ENDPOINT', holds: 'base URL' },
    ],
    description: 'where log records go, by OTLP over HTTP with JSON; /v1/logs is appended unless it is there',
    group: 'Delivery',
    commands: RUN,
    inFile: true,
  },
  {
    name: 'emit',
    key: 'emit',
    kind: 'enum',
    placeholder: 'mode',
    values: ['all', 'changes'],
    default: 'all',
    description: 'which processes are sent as observed: every one each cycle, or new and changed ones',
    group: 'Delivery',
    commands: RUN,
    inFile: true,
  },
  {
    name: 'inventory-interval',
    key: 'inventoryIntervalMillis',
    kind: 'seconds',
    placeholder: 'seconds',
    min: 60,
    max: 604_800,
    default: 3600,
    description: 'with --emit changes: how often every process is sent nevertheless',
    group: 'Delivery',
    commands: RUN,
    inFile: true,
  },
  {
    name: 'max-record-bytes',
    key: 'maxRecordBytes',
    kind: 'bytes',
    placeholder: 'bytes',
    min: 8 * 1024,
    max: 256 * 1024,
    default: 32 * 1024,
    description: 'how long one event may be as OTLP/JSON; procmond.record_truncated tells that its texts were cut',
    group: 'Delivery',
    commands: RUN,
    inFile: true,
  },
  {
    name: 'outbox-max-bytes',
    key: 'outboxMaxBytes',
    kind: 'bytes',
    placeholder: 'bytes',
    min: 1024 ** 2,
    default: 1024 ** 3,
    description:
      'disk for events not yet delivered; when it is full the least important ones go first, and are counted',
    group: 'Delivery',
    commands: RUN,
    inFile: true,
  },
  {
    name: 'outbox-max-age',
    key: 'outboxMaxAgeMillis',
    kind: 'seconds',
    placeholder: 'seconds',
    min: 0,
    max: 31_536_000,
    default: 0,
    description:
      'how long an event may wait to be delivered, counted while procmond runs; 0 = as long as it takes. What is given up is counted',
    group: 'Delivery',
    commands: RUN,
    inFile: true,
    reloadable: true,
  },
  {
    name: 'data-dir',
    key: 'dataDirectory',
    kind: 'path',
    placeholder: 'directory',
    absolute: true,
    default: {
      described: '/var/lib/procmond for root, $XDG_STATE_HOME/procmond or ~/.local/state/procmond for others',
    },
    description: 'where snapshot and undelivered events are kept',
    group: 'State',
    commands: ['run', 'snapshot', ...ASKS_DAEMON, 'config', 'doctor'],
    inFile: true,
  },
  {
    name: 'metrics-host',
    key: 'metricsHost',
    kind: 'host',
    placeholder: 'host',
    default: '127.0.0.1',
    description: 'address /metrics, /healthz and /readyz listen on',
    group: 'Metrics',
    commands: RUN,
    inFile: true,
  },
  {
    name: 'metrics-port',
    key: 'metricsPort',
    kind: 'port',
    placeholder: 'port',
    min: 0,
    max: 65_535,
    default: 9464,
    description: 'port of that listener; 0 = any free one, which is then logged',
    group: 'Metrics',
    commands: RUN,
    inFile: true,
  },
  {
    name: 'control-socket',
    key: 'controlSocket',
    kind: 'socket',
    placeholder: 'path',
    default: { described: 'control.sock in the data directory' },
    description:
      'Unix socket that tail, status, trigger, outbox and curl talk to the running procmond by; none = no socket',
    group: 'Control',
    commands: ['run', ...ASKS_DAEMON, 'config', 'doctor'],
    inFile: true,
  },
  {
    name: 'proc-root',
    key: 'procRoot',
    kind: 'path',
    placeholder: 'directory',
    default: '/proc',
    description: 'where the proc file system to read is mounted',
    group: 'Files of the host (for containers)',
    commands: READS_PROCESSES,
    inFile: true,
  },
  {
    name: 'passwd-file',
    key: 'passwdFile',
    kind: 'path',
    placeholder: 'file',
    default: '/etc/passwd',
    description: 'names of users',
    group: 'Files of the host (for containers)',
    commands: READS_HOST,
    inFile: true,
  },
  {
    name: 'group-file',
    key: 'groupFile',
    kind: 'path',
    placeholder: 'file',
    default: '/etc/group',
    description: 'names of groups',
    group: 'Files of the host (for containers)',
    commands: READS_HOST,
    inFile: true,
  },
  {
    name: 'machine-id-file',
    key: 'machineIdFile',
    kind: 'path',
    placeholder: 'file',
    default: '/etc/machine-id',
    description: 'the host.id of every record',
    group: 'Files of the host (for containers)',
    commands: READS_PROCESSES,
    inFile: true,
  },
  {
    name: 'user',
    key: 'users',
    kind: 'list',
    items: 'text',
    placeholder: 'user,...',
    default: '',
    description: 'only processes of these effective users, by name or number',
    group: 'Selection',
    commands: PRINTS_PROCESSES,
    inFile: false,
    flagOnly: true,
  },
  {
    name: 'pid',
    key: 'pids',
    kind: 'list',
    items: 'integer',
    min: 1,
    placeholder: 'pid,...',
    default: '',
    description: 'only these processes; for trigger, the one that is meant',
    group: 'Selection',
    commands: [...PRINTS_PROCESSES, 'trigger'],
    inFile: false,
    flagOnly: true,
  },
  {
    name: 'state',
    key: 'states',
    kind: 'list',
    items: 'name',
    names: { known: STATE_NAMES, aliases: STATE_ALIASES, signed: false },
    placeholder: 'state,...',
    default: '',
    description: `only processes in these states: ${STATE_NAMES.join(', ')}, or the letters of ps`,
    group: 'Selection',
    commands: PRINTS_PROCESSES,
    inFile: false,
    flagOnly: true,
  },
  {
    name: 'path',
    key: 'analysisPath',
    kind: 'path',
    placeholder: 'file',
    absolute: true,
    default: undefined,
    description: 'the file that is meant, where there is no process',
    group: 'Analysis',
    commands: ['trigger'],
    inFile: false,
    flagOnly: true,
  },
  {
    name: 'analysis-type',
    key: 'analysisType',
    kind: 'text',
    placeholder: 'type',
    default: 'binary_hash',
    description:
      'what is asked for: binary_hash, memory_analysis, yara_scan, network_analysis, behavioral_analysis or custom:NAME',
    group: 'Analysis',
    commands: ['trigger'],
    inFile: false,
    flagOnly: true,
  },
  {
    name: 'priority',
    key: 'analysisPriority',
    kind: 'enum',
    placeholder: 'priority',
    values: ['low', 'normal', 'high', 'critical'],
    default: 'normal',
    description: 'what is done first where several analyses wait',
    group: 'Analysis',
    commands: ['trigger'],
    inFile: false,
    flagOnly: true,
  },
  {
    name: 'correlation-id',
    key: 'correlationId',
    kind: 'text',
    placeholder: 'id',
    default: undefined,
    description: 'what the answer is to bear; drawn by procmond without it',
    group: 'Analysis',
    commands: ['trigger'],
    inFile: false,
    flagOnly: true,
  },
  {
    name: 'metadata',
    key: 'analysisMetadata',
    kind: 'list',
    items: 'text',
    placeholder: 'key=value,...',
    default: '',
    description: 'what else the target is to know',
    group: 'Analysis',
    commands: ['trigger'],
    inFile: false,
    flagOnly: true,
  },
  {
    name: 'format',
    key: 'format',
    kind: 'enum',
    placeholder: 'format',
    values: ['table', 'json', 'ndjson'],
    default: 'table',
    description: 'how it is printed; tail prints lines for people to a terminal only, unless it is told otherwise',
    group: 'Printing',
    commands: PRINTS,
    inFile: true,
  },
  {
    name: 'json',
    kind: 'shorthand',
    means: { option: 'format', value: 'json' },
    description: 'short for --format json',
    group: 'Printing',
    commands: PRINTS,
    inFile: false,
  },
  {
    name: 'sort',
    key: 'sort',
    kind: 'list',
    items: 'name',
    names: { known: COLUMN_NAMES, aliases: COLUMN_ALIASES, signed: true },
    placeholder: 'column,...',
    default: 'pid',
    description:
      'what processes are sorted by, the first column ruling; quantities greatest first, the rest smallest first, +column always smallest first, -column always greatest first; those without the value go last',
    group: 'Printing',
    commands: PRINTS_PROCESSES,
    inFile: true,
  },
  {
    name: 'reverse',
    key: 'reverse',
    kind: 'boolean',
    default: false,
    description: 'turn the order around',
    group: 'Printing',
    commands: PRINTS_PROCESSES,
    inFile: true,
  },
  {
    name: 'columns',
    key: 'columns',
    kind: 'list',
    items: 'name',
    names: { known: COLUMN_NAMES, aliases: COLUMN_ALIASES, signed: false },
    placeholder: 'column,...',
    default: '',
    description: `the columns of a table, in this order; without it ${USUAL_COLUMNS.join(',')} and what is sorted by, as far as the terminal has room`,
    group: 'Printing',
    commands: PRINTS_PROCESSES,
    inFile: true,
  },
  {
    name: 'tree',
    key: 'tree',
    kind: 'boolean',
    default: false,
    description: 'in a table: children below their parents; what is selected is shown with all above it',
    group: 'Printing',
    commands: PRINTS_PROCESSES,
    inFile: true,
  },
  {
    name: 'config',
    kind: 'path',
    placeholder: 'file',
    default: undefined,
    description: 'YAML file whose keys are the options; for root it must be writable by root alone',
    group: 'Configuration and logs',
    commands: WORKS,
    inFile: false,
  },
  {
    name: 'log-level',
    key: 'logLevel',
    kind: 'enum',
    placeholder: 'level',
    values: LOG_LEVELS,
    default: 'info',
    description: 'the least important lines that are written to stderr',
    group: 'Configuration and logs',
    commands: WORKS,
    inFile: true,
    reloadable: true,
  },
  {
    name: 'log-format',
    key: 'logFormat',
    kind: 'enum',
    placeholder: 'format',
    values: ['text', 'json'],
    default: 'text',
    description: 'lines for people, or one JSON object per line',
    group: 'Configuration and logs',
    commands: WORKS,
    inFile: true,
  },
  {
    name: 'help',
    kind: 'request',
    short: 'h',
    description: 'print help, also for one command: procmond ps --help',
    group: 'Configuration and logs',
    commands: COMMAND_NAMES,
    inFile: false,
  },
  {
    name: 'version',
    kind: 'request',
    short: 'V',
    description: 'print the version',
    group: 'Configuration and logs',
    commands: COMMAND_NAMES,
    inFile: false,
  },
];

export const SETTING_OPTIONS: readonly SettingOption[] = OPTIONS.filter(
  (option) => option.kind !== 'request' && option.kind !== 'shorthand',
);

/** Those that have an environment variable. */
export const ENVIRONMENT_OPTIONS: readonly SettingOption[] = SETTING_OPTIONS.filter(({ flagOnly }) => !flagOnly);

/** The environment variable of an option: `max-processes` is PROCMOND_MAX_PROCESSES. */
export function environmentVariable(option: SettingOption): string {
  return `${ENVIRONMENT_PREFIX}${option.name.replaceAll('-', '_').toUpperCase()}`;
}

export const ENVIRONMENT_PREFIX = 'PROCMOND_';
