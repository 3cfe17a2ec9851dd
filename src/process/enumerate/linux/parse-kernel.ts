/** What `/proc/stat` (proc_stat(5)) tells of the kernel as a whole. */
export interface KernelStat {
  /** Seconds since the epoch; moves when the wall clock is set. */
  readonly bootTimeSeconds: number;
  /** Processes and threads created since boot. */
  readonly tasksCreated: number;
}

/** A line that is cut tells nothing: part of a number is another number. */
export function parseKernelStat(text: string): KernelStat | undefined {
  const bootTime = /^btime (\d+)\n/m.exec(text)?.[1];
  const tasks = /^processes (\d+)\n/m.exec(text)?.[1];
  if (bootTime === undefined || tasks === undefined) return undefined;
  return { bootTimeSeconds: Number(bootTime), tasksCreated: Number(tasks) };
}

export interface KernelUnits {
  readonly pageBytes: number;
  readonly ticksPerSecond: number;
}

const AT_PAGESZ = 6n;
const AT_CLKTCK = 17n;

/**
 * Page size and clock tick out of a `/proc/PID/auxv` (getauxval(3)): pairs of native 64-bit words, little-endian on every
 * platform Node.js runs on here. undefined when either is missing.
 */
export function parseAuxv(bytes: Uint8Array): KernelUnits | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const found = new Map<bigint, number>();
  for (let offset = 0; offset + 16 <= bytes.length; offset += 16) {
    found.set(view.getBigUint64(offset, true), Number(view.getBigUint64(offset + 8, true)));
  }
  const pageBytes = found.get(AT_PAGESZ);
  const ticksPerSecond = found.get(AT_CLKTCK);
  return pageBytes && ticksPerSecond ? { pageBytes, ticksPerSecond } : undefined;
}

/** How proc(5) writes space, tab, newline and backslash in a mount point. */
const OCTAL_ESCAPE = /\\([0-7]{3})/g;

/** Which processes of others a proc mount keeps from whom (proc(5)): none, what is in them, or that they are there. */
export type HidepidMode = 'off' | 'noaccess' | 'invisible' | 'ptraceable';

const HIDEPID_MODES: Readonly<Record<string, HidepidMode>> = {
  '1': 'noaccess',
  noaccess: 'noaccess',
  '2': 'invisible',
  invisible: 'invisible',
  '4': 'ptraceable',
  ptraceable: 'ptraceable',
};

/** Of the proc mount at or above `root`, by a `/proc/self/mountinfo` text. Off when there is no such mount. */
export function hidepidMode(mountinfo: string, root: string): HidepidMode {
  let best = { length: -1, options: '' };
  for (const entry of mountinfo.split('\n')) {
    const [before, after] = entry.split(' - ');
    const mountPoint = before
      ?.split(' ')[4]
      ?.replaceAll(OCTAL_ESCAPE, (_, code) => String.fromCharCode(parseInt(code, 8)));
    // Between them is the source, which is whatever was typed.
    const [type, , options = ''] = after?.split(' ') ?? [];
    if (mountPoint === undefined || type !== 'proc') continue;
    const covers = root === mountPoint || root.startsWith(`${mountPoint}/`);
    if (covers && mountPoint.length >= best.length) best = { length: mountPoint.length, options };
  }
  return (
    HIDEPID_MODES[/(?:^|,)hidepid=(1|2|4|noaccess|invisible|ptraceable)(?:,|$)/.exec(best.options)?.[1] ?? ''] ?? 'off'
  );
}

/** Whether it hides other users' processes or what is in them. */
export function hidesProcesses(mountinfo: string, root: string): boolean {
  return hidepidMode(mountinfo, root) !== 'off';
}
