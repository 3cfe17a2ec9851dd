/** Counted from the state letter, which follows the name and is field 3 of proc_pid_stat(5). */
const START_TICKS = 22 - 3;

/** When a process was created, in clock ticks since boot: field 22 of `/proc/PID/stat`. The name may hold anything. */
export function parseStartTicks(stat: string): number | undefined {
  const text = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[START_TICKS];
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}
