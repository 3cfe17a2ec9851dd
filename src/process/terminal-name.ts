/** Major device numbers of Linux (Documentation/admin-guide/devices.txt). */
const TTY_MAJOR = 4;
const FIRST_SERIAL_MINOR = 64;
const UNIX98_PTY_MAJORS = { first: 136, last: 143 } as const;

/**
 * Name below `/dev` of a controlling terminal by the number of proc_pid_stat(5) (minor in bits 31-20 and 7-0, major in
 * bits 19-8); `major:minor` where it has none that is the same everywhere. undefined for none, and for an unknown one.
 */
export function terminalName(device: number | undefined): string | undefined {
  if (device === undefined || device === 0) return undefined;
  const major = (device >> 8) & 0xfff;
  const minor = (device & 0xff) | ((device >> 12) & 0xfff00);
  if (major >= UNIX98_PTY_MAJORS.first && major <= UNIX98_PTY_MAJORS.last) {
    return `pts/${(major - UNIX98_PTY_MAJORS.first) * 256 + minor}`;
  }
  if (major !== TTY_MAJOR) return `${major}:${minor}`;
  return minor < FIRST_SERIAL_MINOR ? `tty${minor}` : `ttyS${minor - FIRST_SERIAL_MINOR}`;
}
