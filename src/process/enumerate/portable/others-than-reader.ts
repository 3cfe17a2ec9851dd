import type { ListedProcess, Reading } from './parse-reading.ts';

/** A parent starts before its children, give or take what starts are off by. */
const TOLERANCE_MILLIS = 3_000;

/**
 * All processes but the reader and what it has started to read them (`sh`, `ps`, `powershell.exe`). One whose parent only
 * had the reader's pid before the reader began is kept: Windows goes on to tell the pids of parents that have ended.
 */
export function othersThanReader({ processes, readerPid }: Reading): readonly ListedProcess[] {
  const startedMillis = processes.find(({ pid }) => pid === readerPid)?.startedMillis ?? 0;
  const own = new Set([readerPid]);
  for (let size = 0; size !== own.size; ) {
    size = own.size;
    for (const { pid, ppid, startedMillis: begun = 0 } of processes) {
      if (own.has(ppid) && begun >= startedMillis - TOLERANCE_MILLIS) own.add(pid);
    }
  }
  return processes.filter(({ pid }) => !own.has(pid));
}
