import { commandLineText } from '../event/command-line-text.ts';
import type { ProcessEvent } from '../event/process-event.ts';
import { durationText, sizeText, timeText } from './quantity-text.ts';

/** A column of a list of processes. */
export interface ProcessColumn {
  /** As `--sort` and `--columns` take it. */
  readonly name: string;
  /** What ps(1) or habit calls it: taken as well. */
  readonly aliases?: readonly string[];
  readonly title: string;
  /** One line for help and README. */
  readonly meaning: string;
  /** Quantities stand right and are sorted greatest first, ids stand right, texts left, both smallest first. */
  readonly kind: 'id' | 'quantity' | 'text';
  /** What it is sorted by; undefined where the process has none or it is not known: such a process goes last. */
  readonly value: (process: ProcessEvent) => number | string | undefined;
  /** The value as people read it, where that is another text. */
  readonly text?: (process: ProcessEvent) => string | undefined;
  /** How few cells it may be cut to on a terminal; absent = never cut. */
  readonly leastCells?: number;
}

/** Every column, in the order of help and README. A new one is a new row: sorting, choosing, help and README follow. */
const COLUMNS = [
  { name: 'pid', title: 'PID', meaning: 'process id', kind: 'id', value: (p) => p.pid },
  { name: 'ppid', title: 'PPID', meaning: 'process id of the parent', kind: 'id', value: (p) => p.ppid },
  {
    name: 'user',
    aliases: ['euser'],
    title: 'USER',
    meaning: 'effective user, by number where it has no name',
    kind: 'text',
    value: (p) => p.platformMetadata?.userName ?? numberText(p.userId),
    leastCells: 8,
  },
  {
    name: 'group',
    aliases: ['egroup'],
    title: 'GROUP',
    meaning: 'effective group, by number where it has no name',
    kind: 'text',
    value: (p) => p.platformMetadata?.groupName ?? numberText(p.platformMetadata?.groupId),
    leastCells: 8,
  },
  {
    name: 'state',
    aliases: ['stat'],
    title: 'S',
    meaning: 'state: R running, S sleeping, D uninterruptible, I idle, T stopped, Z defunct',
    kind: 'text',
    value: (p) => p.platformMetadata?.stateCode,
  },
  {
    name: 'threads',
    aliases: ['thr', 'nlwp', 'thcount'],
    title: 'THR',
    meaning: 'threads',
    kind: 'quantity',
    value: (p) => p.platformMetadata?.threads,
  },
  {
    name: 'nice',
    aliases: ['ni'],
    title: 'NI',
    meaning: 'nice value, -20 to 19',
    kind: 'quantity',
    value: (p) => p.platformMetadata?.nice,
  },
  {
    name: 'cpu',
    aliases: ['pcpu', '%cpu', 'cpu%'],
    title: 'CPU%',
    meaning: 'CPU use since the last sample (half a second ago for ps), percent of one core',
    kind: 'quantity',
    value: (p) => p.cpuUsage,
    text: (p) => p.cpuUsage?.toFixed(1),
  },
  {
    name: 'time',
    aliases: ['cputime'],
    title: 'TIME',
    meaning: 'CPU time used so far, user and system',
    kind: 'quantity',
    value: cpuSeconds,
    text: (p) => formatted(cpuSeconds(p), (seconds) => durationText(seconds * 1000)),
  },
  {
    name: 'rss',
    aliases: ['mem', 'memory', 'rssize', 'rsz'],
    title: 'RSS',
    meaning: 'resident memory, in units of 1024 bytes',
    kind: 'quantity',
    value: (p) => p.memoryUsage,
    text: (p) => formatted(p.memoryUsage, sizeText),
  },
  {
    name: 'virtual',
    aliases: ['vsz', 'vsize'],
    title: 'VIRT',
    meaning: 'virtual memory, in units of 1024 bytes',
    kind: 'quantity',
    value: (p) => p.platformMetadata?.virtualMemoryBytes,
    text: (p) => formatted(p.platformMetadata?.virtualMemoryBytes, sizeText),
  },
  {
    name: 'age',
    aliases: ['etime', 'elapsed'],
    title: 'AGE',
    meaning: 'time since it was started',
    kind: 'quantity',
    value: ageMillis,
    text: (p) => formatted(ageMillis(p), durationText),
  },
  {
    name: 'start',
    aliases: ['started', 'lstart', 'stime'],
    title: 'STARTED',
    meaning: 'when it was started, UTC',
    kind: 'quantity',
    value: (p) => p.startTime,
    text: (p) => formatted(p.startTime, timeText),
  },
  {
    name: 'session',
    aliases: ['sid', 'sess'],
    title: 'SID',
    meaning: 'process id of the session leader',
    kind: 'id',
    value: (p) => p.platformMetadata?.sessionId,
  },
  {
    name: 'container',
    title: 'CONTAINER',
    meaning: 'container id',
    kind: 'text',
    value: (p) => p.platformMetadata?.containerId,
    leastCells: 12,
  },
  {
    name: 'cgroup',
    title: 'CGROUP',
    meaning: 'control group',
    kind: 'text',
    value: (p) => p.platformMetadata?.cgroup,
    leastCells: 20,
  },
  {
    name: 'directory',
    aliases: ['cwd'],
    title: 'DIRECTORY',
    meaning: 'working directory',
    kind: 'text',
    value: (p) => p.platformMetadata?.workingDirectory,
    leastCells: 20,
  },
  {
    name: 'name',
    aliases: ['comm', 'ucmd'],
    title: 'NAME',
    meaning: 'what the kernel calls it, 15 bytes at most',
    kind: 'text',
    value: (p) => p.name,
    leastCells: 10,
  },
  {
    name: 'executable',
    aliases: ['exe'],
    title: 'EXECUTABLE',
    meaning: 'path of the executable',
    kind: 'text',
    value: (p) => p.executablePath,
    leastCells: 20,
  },
  {
    name: 'command',
    aliases: ['args', 'cmd'],
    title: 'COMMAND',
    meaning: 'the arguments, or the name in brackets where there are none (kernel threads, zombies)',
    kind: 'text',
    value: (p) => commandLineText(p) ?? `[${p.name}]`,
    leastCells: 32,
  },
] as const satisfies readonly ProcessColumn[];

export type ColumnName = (typeof COLUMNS)[number]['name'];

export const PROCESS_COLUMNS: readonly (ProcessColumn & { readonly name: ColumnName })[] = COLUMNS;

export const COLUMN_NAMES: readonly ColumnName[] = PROCESS_COLUMNS.map(({ name }) => name);

/** Other names of columns, with the name of the column. */
export const COLUMN_ALIASES: ReadonlyMap<string, ColumnName> = new Map(
  PROCESS_COLUMNS.flatMap(({ name, aliases = [] }) => aliases.map((alias) => [alias, name] as const)),
);

/** The columns of a table when nobody chose any. */
export const USUAL_COLUMNS: readonly ColumnName[] = [
  'pid',
  'ppid',
  'user',
  'state',
  'threads',
  'cpu',
  'rss',
  'age',
  'command',
];

/** The usual columns that a narrow terminal does without, the first to go first. */
export const DROPPED_FIRST: readonly ColumnName[] = ['ppid', 'threads', 'state', 'age', 'user', 'rss', 'cpu'];

export function columnOf(name: ColumnName): ProcessColumn & { readonly name: ColumnName } {
  const column = PROCESS_COLUMNS.find((row) => row.name === name);
  if (column === undefined) throw new Error(`there is no column "${name}"`);
  return column;
}

/** A cell as people read it, not escaped yet; `-` where there is nothing. */
export function cellText({ value, text }: ProcessColumn, process: ProcessEvent): string {
  return (text === undefined ? numberText(value(process)) : text(process)) ?? '-';
}

function ageMillis({ startTime, timestamp }: ProcessEvent): number | undefined {
  return startTime === undefined ? undefined : timestamp - startTime;
}

function cpuSeconds({ platformMetadata: metadata }: ProcessEvent): number | undefined {
  if (metadata?.userCpuSeconds === undefined || metadata.systemCpuSeconds === undefined) return undefined;
  return metadata.userCpuSeconds + metadata.systemCpuSeconds;
}

function formatted(value: number | undefined, format: (value: number) => string): string | undefined {
  return value === undefined ? undefined : format(value);
}

function numberText(value: number | string | undefined): string | undefined {
  return value === undefined ? undefined : String(value);
}
