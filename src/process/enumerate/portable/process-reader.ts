import { existsSync } from 'node:fs';
import { cpus, uptime } from 'node:os';
import { isAbsolute } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { processes, type Systeminformation } from 'systeminformation';

/**
 * The program of the reader process: answers each message with one listing by systeminformation, whose faults stay in
 * here. What goes wrong ends this process; procmond starts another one.
 */
process.on('message', () => void answer());
// procmond is gone, however it went: so is its reader, with the `ps` that may be running.
process.on('disconnect', () => process.kill(process.platform === 'win32' ? process.pid : -process.pid, 'SIGKILL'));

/** Asked again sooner, systeminformation gives its last list again. */
const REST_MILLIS = 550;

let lastEndedAt = Number.NEGATIVE_INFINITY;
let lastList: unknown;

async function answer(): Promise<void> {
  await delay(Math.max(0, lastEndedAt + REST_MILLIS - performance.now()));
  const startedAt = instant();
  const { list } = await processes();
  const endedAt = instant();
  // It counts the rest by the wall clock, which may have been set back.
  if (list === lastList) throw new Error('systeminformation gave its last list again: the wall clock was set back');
  lastList = list;
  lastEndedAt = performance.now();
  process.send?.({
    platform: process.platform,
    readerPid: process.pid,
    cpuCount: cpus().length,
    startedAt,
    endedAt,
    list: list.map(listed),
  });
}

function instant() {
  return { wallMillis: Date.now(), uptimeSeconds: uptime() };
}

/** What is used of an entry. Starts are told in local time, which is that of this process too; Windows has some without. */
function listed(entry: Systeminformation.ProcessesProcessData) {
  const { pid, parentPid, name, cpu, memVsz, memRss, nice, state, user, command, params, path } = entry;
  const startedMillis = Date.parse((entry.started as string | null)?.replace(' ', 'T') ?? '');
  const used = { pid, parentPid, name, cpu, memVsz, memRss, nice, state, user, command, params, path };
  return { ...used, startedMillis, isFile: isFile(`${path}/${command}`) };
}

/** Only asked where it matters: whether what has blanks in it is the program, or holds arguments too. */
function isFile(program: string): boolean {
  return /\s/.test(program) && isAbsolute(program) && existsSync(program);
}
