/** Where a path stands among the units of systemd. Absent: the path does not tell it. */
export interface UnitPlace {
  /** Of the system's manager. */
  readonly unit: string | undefined;
  /** Of a user's manager, which is itself a unit of the system's. */
  readonly userUnit: string | undefined;
  /** Of the system's manager. */
  readonly slice: string | undefined;
}

const ROOT_SLICE = '-.slice';
const PARENT = '../';
/** Below these the segments are another manager's: slices and a unit once more. */
const USER_PREFIX = /^(?:user@\d{1,10}\.service|capsule@[\w-]+\.service|session-[0-9A-Za-z]+\.scope)$/;

/**
 * Reads a path as `/proc/PID/cgroup` has it by systemd's own rules (sd_pid_get_unit(3)): leading slices, then the unit;
 * what is below the unit is its own affair. The root slice, which has no segment, is told only with a unit: a path with
 * neither need not be systemd's.
 */
export function unitPlaceOf(path: string): UnitPlace {
  let start = 1;
  while (path.startsWith(PARENT, start)) start += PARENT.length;
  const { slice, unit, segment, below } = segmentsFrom(path, start);
  const isInRoot = unit !== undefined && start === 1;
  return {
    unit,
    userUnit: USER_PREFIX.test(segment) ? segmentsFrom(path, below).unit : undefined,
    slice: slice ?? (isInRoot ? ROOT_SLICE : undefined),
  };
}

interface Segments {
  /** The last of the leading slices. */
  readonly slice: string | undefined;
  /** The first segment that is no slice, as it is, '' at the end of the path; and the unit it is called after. */
  readonly segment: string;
  readonly unit: string | undefined;
  /** Where the next segment begins. */
  readonly below: number;
}

function segmentsFrom(path: string, from: number): Segments {
  let slice: string | undefined;
  let start = from;
  for (;;) {
    const slash = path.indexOf('/', start);
    const segment = path.slice(start, slash === -1 ? path.length : slash);
    const name = unescaped(segment);
    start += segment.length + 1;
    if (!isValid(name, SLICE)) return { slice, segment, unit: isValid(name, UNIT) ? name : undefined, below: start };
    slice = name;
  }
}

/** systemd puts `_` before a name that would be one of the kernel's files, or begins with `_` or a dot. */
function unescaped(segment: string): string {
  return segment.startsWith('_') ? segment.slice(1) : segment;
}

/** systemd.unit(5): a slice has no instance, no other unit is a slice, and nothing runs in a template. */
const SLICE = /^[\w:.\\-]+\.slice$/;
const UNIT =
  /^(?:[\w:.\\-]+|[\w:.\\-]+@[\w:.\\@-]+)\.(?:service|scope|socket|mount|swap|target|device|automount|timer|path)$/;
const MAX_NAME_CHARACTERS = 255;

function isValid(name: string, kind: RegExp): boolean {
  return name.length <= MAX_NAME_CHARACTERS && kind.test(name);
}
