/**
 * The first process of a pid namespace with few pids: starts and ends processes so that their pids are used again and
 * again, lets the real source run a cycle in between, and writes what it saw in JSON. Argument: an empty folder.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { release } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '../../../src/base/clock.ts';
import type { EventBatch, EventSink } from '../../../src/collector/event-source.ts';
import type { ProcessCollectionEvent } from '../../../src/event/collection-event.ts';
import { LinuxEnumerator } from '../../../src/process/enumerate/linux/linux-enumerator.ts';
import { ProcessEventSource } from '../../../src/process/process-event-source.ts';
import { SnapshotTracker } from '../../../src/process/snapshot-tracker.ts';
import { SnapshotStore } from '../../../src/store/snapshot-store.ts';
import { testRedactor } from '../../process/test-redactor.ts';

/** What this program writes. */
export interface ReuseReport {
  /** Why it cannot be done here. */
  readonly impossible?: string;
  /** How often a process had the pid of one that the cycle before had seen. */
  readonly reuses: number;
  /** What was told and should not have been, or the reverse. */
  readonly wrong: readonly string[];
  /** Pairs of lives with one pid that began in the same clock tick, and in different ones. */
  readonly sameTick: number;
  readonly differentTicks: number;
}

const WANTED_REUSES = 2_000;
const CHILDREN = 40;
/** Above those that the kernel keeps for daemons started early (RESERVED_PIDS): where it goes on after the last pid. */
const FIRST_PID = 300;
/** Left for what else is started. */
const SPARE_PIDS = 4;
const TICK_MILLIS = 10;

interface Life {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly args: readonly string[];
}

const signal = new AbortController().signal;

async function main(directory: string): Promise<void> {
  const impossible = fewPids();
  console.log(JSON.stringify(impossible === undefined ? await reuse(directory) : { impossible }));
}

async function reuse(directory: string): Promise<ReuseReport> {
  const store = await SnapshotStore.open({ directory });
  const between = await reuseBetweenCycles(store);
  const within = await reuseWithinTicks(store);
  await store.close();
  return { ...between, ...within, wrong: [...between.wrong, ...within.wrong] };
}

/** @returns why there is no way to have pids used again soon */
function fewPids(): string | undefined {
  const [major = 0, minor = 0] = release().split('.').map(Number);
  // Before, the maximum is that of all namespaces: of the host.
  if (major > 6 || (major === 6 && minor >= 14)) {
    writeFileSync('/proc/sys/kernel/pid_max', String(FIRST_PID + CHILDREN + SPARE_PIDS));
    spawnSync('/bin/sh', ['-c', `i=0; while [ $i -lt ${FIRST_PID} ]; do /bin/true; i=$((i + 1)); done`]);
    return undefined;
  }
  try {
    setNextPid();
    return undefined;
  } catch (error) {
    return `neither a pid_max of its own (Linux 6.14) nor ns_last_pid: ${String(error)}`;
  }
}

/** Where the maximum is not to be lowered, the kernel can be told which pid to give next. */
function setNextPid(pid = FIRST_PID): void {
  if (Number(readFileSync('/proc/sys/kernel/pid_max', 'utf8')) > FIRST_PID + CHILDREN + SPARE_PIDS) {
    writeFileSync('/proc/sys/kernel/ns_last_pid', String(pid - 1));
  }
}

async function begin(args: readonly string[]): Promise<Life> {
  const [program = '', ...rest] = args;
  const child = spawn(program, rest, { stdio: 'ignore' });
  await once(child, 'spawn');
  return { child, pid: child.pid as number, args };
}

async function end(lives: readonly Life[]): Promise<void> {
  await Promise.all(
    lives.map(({ child }) => {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      return ended;
    }),
  );
}

/** Now the same as before, now another program, now other arguments: neither may matter. */
function programOf(round: number, place: number): readonly string[] {
  const programs = [
    ['sleep', '3600'],
    ['sleep', String(10_000 + round)],
    ['tail', '-f', '/dev/null'],
  ] as const;
  return programs[(round * 7 + place) % programs.length] as readonly string[];
}

async function reuseBetweenCycles(store: SnapshotStore): Promise<Pick<ReuseReport, 'reuses' | 'wrong'>> {
  const source = new ProcessEventSource(store, { refreshCycles: 3 }, { redactor: testRedactor() });
  const wrong: string[] = [];
  let reuses = 0;
  let lives: readonly Life[] = [];
  let before = new Map<number, number>();
  for (let round = 0; reuses < WANTED_REUSES && wrong.length === 0; round++) {
    const kept = lives.filter((_, place) => place % 5 === round % 5);
    const ended = lives.filter((life) => !kept.includes(life));
    await end(ended);
    await delay(2 * TICK_MILLIS);
    setNextPid();
    const begun: Life[] = [];
    for (let place = kept.length; place < CHILDREN; place++) begun.push(await begin(programOf(round, place)));
    lives = [...kept, ...begun];

    const events = await cycle(source, store);
    const now = new Map(
      events.filter(({ action }) => action === 'observed').map(({ process }) => [process.pid, startTicksOf(process)]),
    );
    wrong.push(...mistakes({ events, before, now, kept, ended, begun, round }));
    reuses += round === 0 ? 0 : begun.filter(({ pid }) => before.has(pid)).length;
    before = now;
  }
  await end(lives);
  await cycle(source, store);
  await source.stop();
  return { reuses, wrong };
}

/** The events of processes that a cycle commits. */
async function cycle(source: ProcessEventSource, store: SnapshotStore): Promise<readonly ProcessCollectionEvent[]> {
  const told: ProcessCollectionEvent[] = [];
  const commit = (batch: EventBatch) =>
    store.transact(() => {
      batch.write?.();
      for (const event of batch.events) if (event.kind === 'process') told.push(event);
      return { firstSeq: 1, lastSeq: told.length };
    });
  const sink: EventSink = { commit, capabilitiesChanged() {} };
  await source.runCycle(sink, signal);
  return told;
}

interface Round {
  readonly round: number;
  readonly events: readonly ProcessCollectionEvent[];
  /** Start ticks by pid, as the cycle before told them, and as this one does. */
  readonly before: ReadonlyMap<number, number>;
  readonly now: ReadonlyMap<number, number>;
  readonly kept: readonly Life[];
  readonly ended: readonly Life[];
  readonly begun: readonly Life[];
}

function mistakes({ round, events, before, now, kept, ended, begun }: Round): readonly string[] {
  const wrong: string[] = [];
  const lives = (action: string) =>
    new Map(
      events
        .filter((event) => event.action === action)
        .map(({ process }) => [`${process.pid}@${startTicksOf(process)}`, process]),
    );
  const [started, stopped, observed] = [lives('started'), lives('stopped'), lives('observed')];
  for (const { action, process } of events) if (action === 'changed') wrong.push(`changed ${process.pid}`);
  for (const { pid } of ended) if (!stopped.has(`${pid}@${before.get(pid)}`)) wrong.push(`not stopped ${pid}`);
  for (const { pid, args } of begun) {
    const life = `${pid}@${now.get(pid)}`;
    if (before.get(pid) === now.get(pid)) wrong.push(`same ticks ${pid}`);
    // In the first round there is nothing to compare with.
    if (round > 0 && !started.has(life)) wrong.push(`not started ${life}`);
    const told = observed.get(life)?.commandLine.join(' ');
    if (told !== args.join(' ')) wrong.push(`other arguments ${life}: ${JSON.stringify(told)}`);
  }
  for (const { pid } of kept) {
    const life = `${pid}@${before.get(pid)}`;
    if (started.has(life) || stopped.has(life) || !observed.has(life)) wrong.push(`not left alone ${life}`);
  }
  if (started.size !== (round > 0 ? begun.length : 0)) wrong.push(`${started.size} started`);
  if (stopped.size !== ended.length) wrong.push(`${stopped.size} stopped`);
  return wrong.map((what) => `round ${round}: ${what}`);
}

function startTicksOf({ platformMetadata }: ProcessCollectionEvent['process']): number {
  return platformMetadata?.startTicks as number;
}

const ENOUGH_PAIRS = 3;
const MOST_PAIRS = 600;

/** Two lives right after each other, of the one pid that is free, with a look at each. */
async function reuseWithinTicks(
  store: SnapshotStore,
): Promise<Pick<ReuseReport, 'wrong' | 'sameTick' | 'differentTicks'>> {
  setNextPid();
  const others: Life[] = [];
  // What is free is given in turn: only one must be.
  for (let count = 0; count < CHILDREN + SPARE_PIDS - 1; count++) others.push(await begin(['sleep', '3600']));
  const enumerator = new LinuxEnumerator({ procRoot: '/proc', clock: systemClock });
  const tracker = new SnapshotTracker(store.snapshot, testRedactor());
  const look = async () => {
    const request = {
      enhanced: true,
      maxEnriched: 0,
      refreshCycles: 0,
      usageAtOnce: false,
      countFileDescriptors: false,
    };
    const enumeration = await enumerator.enumerate({ ...request, redactor: testRedactor(), signal });
    const plan = tracker.plan(enumeration, {
      cycleId: '',
      enhanced: true,
      userName: () => undefined,
      groupName: () => undefined,
      inventoryDue: () => false,
    });
    tracker.adopt(plan);
    return plan;
  };
  await look();

  const wrong: string[] = [];
  let [sameTick, differentTicks] = [0, 0];
  for (let pair = 0; pair < MOST_PAIRS && sameTick < ENOUGH_PAIRS; pair++) {
    const first = await begin(['sleep', '3601']);
    const ticks = (await look()).enumeration.byPid.get(first.pid)?.startTicks;
    await end([first]);
    setNextPid(first.pid);
    const second = await begin(['sleep', '3602']);
    const { diff, enumeration } = await look();
    const of = (list: readonly { readonly pid: number }[]) => list.some(({ pid }) => pid === second.pid);
    const told = {
      started: of(diff.started),
      stopped: of(diff.stopped),
      changed: of(diff.changed.map(({ process }) => process)),
    };
    const isSame = enumeration.byPid.get(second.pid)?.startTicks === ticks;
    const expected = { started: !isSame, stopped: !isSame, changed: isSame };
    if (second.pid !== first.pid) wrong.push(`pair ${pair} has two pids`);
    else if (JSON.stringify(told) !== JSON.stringify(expected)) wrong.push(`pair ${pair}: ${JSON.stringify(told)}`);
    if (isSame) sameTick += 1;
    else differentTicks += 1;
    await end([second]);
    await look();
  }
  await end(others);
  enumerator.close();
  return { wrong, sameTick, differentTicks };
}

await main(process.argv[2] as string);
