/** One moment on two clocks: the wall clock may be set, the time since boot goes on. */
export interface Instant {
  readonly wallMillis: number;
  readonly uptimeSeconds: number;
}

/** One listing of all processes by systeminformation. */
export interface Reading {
  readonly readerPid: number;
  readonly cpuCount: number;
  readonly startedAt: Instant;
  readonly endedAt: Instant;
  /** As listed, those of the reader included; each pid once. */
  readonly processes: readonly ListedProcess[];
}

/** What a listing tells of a process, text raw. What a platform does not tell is absent. */
export interface ListedProcess {
  readonly pid: number;
  readonly ppid: number;
  /** By the wall clock, to the second and off by up to two. */
  readonly startedMillis?: number | undefined;
  readonly name: string;
  readonly commandLine?: string | undefined;
  /** systeminformation cuts lines near 5,000 characters: true where that may have happened. */
  readonly commandLineCut: boolean;
  readonly executablePath?: string | undefined;
  readonly userName?: string | undefined;
  readonly userId?: number | undefined;
  readonly stateCode?: string | undefined;
  readonly nice?: number | undefined;
  readonly virtualMemoryBytes?: number | undefined;
  readonly rssBytes?: number | undefined;
  /** Of all cores together, 0 to 1, since the reading before; meaningless where there was none. */
  readonly cpuShare?: number | undefined;
}

export type ParsedReading =
  | { readonly ok: true; readonly reading: Reading }
  | { readonly ok: false; readonly reason: string };

/** The reader's message (process-reader.ts): made by code that may fail in any way, so nothing of it is taken for granted. */
export function parseReading(message: unknown): ParsedReading {
  const fields = record(message);
  const startedAt = instant(fields.startedAt);
  const endedAt = instant(fields.endedAt);
  const readerPid = wholeNumber(fields.readerPid);
  const cpuCount = wholeNumber(fields.cpuCount);
  const { platform, list } = fields;
  const isReading = typeof platform === 'string' && Array.isArray(list);
  if (!isReading || !startedAt || !endedAt || readerPid === undefined || !cpuCount) {
    return { ok: false, reason: 'its answer is no listing' };
  }
  const entries = list.map(record);
  // Where `ps` fails, systeminformation asks for less: fewer columns, and only processes of this user and terminal.
  if (entries.some(({ params }) => typeof params !== 'string')) {
    return {
      ok: false,
      reason: 'ps failed, or told more than 100 MB, and what is left is no listing of all processes',
    };
  }
  const byPid = new Map<number, ListedProcess>();
  for (const entry of entries) {
    const process = listedProcess(entry, platform);
    if (process !== undefined) byPid.set(process.pid, process);
  }
  if (!byPid.has(readerPid)) {
    return { ok: false, reason: `its own process ${readerPid} is not among the ${byPid.size} that it lists` };
  }
  return { ok: true, reading: { readerPid, cpuCount, startedAt, endedAt, processes: [...byPid.values()] } };
}

type Fields = Readonly<Record<string, unknown>>;

function listedProcess(entry: Fields, platform: string): ListedProcess | undefined {
  const pid = wholeNumber(entry.pid);
  const ppid = wholeNumber(entry.parentPid);
  if (pid === undefined || ppid === undefined) return undefined;
  const common = { pid, ppid, startedMillis: finite(entry.startedMillis), rssBytes: kibibytes(entry.memRss) };
  return platform === 'win32' ? { ...common, ...windowsFields(entry) } : { ...common, ...unixFields(entry, platform) };
}

/** Of `Get-CimInstance Win32_Process`: no user, no state, no nice value, and the page file's share where others tell address space. */
function windowsFields(entry: Fields) {
  const name = text(entry.name) ?? '';
  const command = text(entry.command);
  return {
    name,
    // Where the system gives no command line, the name stands in its place.
    commandLine: command === name ? undefined : command,
    commandLineCut: false,
    executablePath: text(entry.path),
    cpuShare: share(entry.cpu),
  };
}

/** Of `ps`. Its CPU figure is one since the reading before on Linux alone, where systeminformation counts by itself. */
function unixFields(entry: Fields, platform: string) {
  const command = text(entry.command) ?? '';
  const path = text(entry.path);
  const params = text(entry.params);
  const program = path === undefined ? command : `${path}/${command}`;
  const commandLine = params === undefined ? program : `${program} ${params}`;
  const user = text(entry.user);
  const isUserId = user !== undefined && /^\d+$/.test(user);
  const hasAddressSpace = entry.memVsz !== 0;
  return {
    name: entry.isFile === true || !/\s/.test(program) ? command : programName(program),
    // What has no memory, a zombie or a part of the kernel, has no arguments either: ps tells a name in their place.
    commandLine: hasAddressSpace && commandLine !== '' ? commandLine : undefined,
    commandLineCut: commandLine.length >= SHORTEST_CUT,
    // ps(1) tells the id where there is no name for it, or no room.
    userName: isUserId ? undefined : user,
    userId: isUserId ? Number(user) : undefined,
    stateCode: STATE_CODES.get(String(entry.state)),
    nice: wholeNumber(entry.nice, Number.NEGATIVE_INFINITY),
    virtualMemoryBytes: kibibytes(entry.memVsz),
    cpuShare: platform === 'linux' || platform === 'android' ? share(entry.cpu) : undefined,
  };
}

/** The columns in front of the command take at most 150 characters of a line. */
const SHORTEST_CUT = 4_800;

/** systeminformation's words for the letters of ps(1), back to those of proc_pid_stat(5). It has none for `I`. */
const STATE_CODES: ReadonlyMap<string, string> = new Map([
  ['running', 'R'],
  ['sleeping', 'S'],
  ['stopped', 'T'],
  ['paging', 'W'],
  ['dead', 'X'],
  ['zombie', 'Z'],
  ['blocked', 'D'],
]);

/** The last segment of the first word. */
export function programName(commandLine: string): string {
  const word = firstWord(commandLine);
  return word.slice(word.lastIndexOf('/') + 1) || word;
}

/** Up to the first blank, or to the closing quote where it begins with one. */
export function firstWord(commandLine: string): string {
  return /^\s*("[^"]*"|\S*)/.exec(commandLine)?.[1] ?? '';
}

function instant(value: unknown): Instant | undefined {
  const { wallMillis, uptimeSeconds } = record(value);
  const wall = finite(wallMillis);
  const uptime = finite(uptimeSeconds);
  return wall === undefined || uptime === undefined ? undefined : { wallMillis: wall, uptimeSeconds: uptime };
}

function record(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function finite(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

function wholeNumber(value: unknown, min = 0): number | undefined {
  return Number.isSafeInteger(value) && (value as number) >= min ? (value as number) : undefined;
}

function kibibytes(value: unknown): number | undefined {
  const count = wholeNumber(value);
  return count === undefined ? undefined : count * 1024;
}

function share(percent: unknown): number | undefined {
  const value = finite(percent);
  return value === undefined || value < 0 || value > 100 ? undefined : value / 100;
}
