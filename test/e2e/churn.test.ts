import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { systemClock } from '../../src/base/clock.ts';
import type { EventBatch, EventSink } from '../../src/collector/event-source.ts';
import type { CollectionEvent, CycleCompletedEvent, ProcessCollectionEvent } from '../../src/event/collection-event.ts';
import { ProcessEventSource } from '../../src/process/process-event-source.ts';
import { makeCommitter } from '../fake/committed-events.ts';
import { openStore } from '../fake/scratch-store.ts';
import { cleanUp } from './harness/clean-up.ts';

const PER_SECOND = 500;
const SECONDS = 30;
const BATCH = 25;
/** Asked for and not made yet, at most: a machine that is slower makes fewer in the same time. */
const BATCHES_AHEAD = 4;
/** What makes the test worth its time. */
const LEAST_MADE = 1_500;

/** Starts as many programs as each line of its input says, one after the other, and says how many it has made. */
const CHURN = `
total=0
while read -r count; do
  while [ "$count" -gt 0 ]; do /bin/true "$total"; total=$((total + 1)); count=$((count - 1)); done
  echo "$total"
done`;

test('while 500 processes start and end each second, every cycle is whole, and nothing is left behind', async (t) => {
  if (process.platform !== 'linux') return t.skip('there is no /proc to read on this platform');
  const store = await openStore(t);
  const committer = makeCommitter(store, { clock: systemClock });
  const filesBefore = openFiles();
  const source = new ProcessEventSource(store, { refreshCycles: 3, countFileDescriptors: true });
  const seen = new SeenLives();
  let last: readonly CollectionEvent[] = [];
  const sink: EventSink = {
    commit(batch: EventBatch) {
      last = [...batch.events];
      return committer.commit({ ...batch, events: last });
    },
    capabilitiesChanged() {},
  };
  const cycle = async () => {
    await source.runCycle(sink, t.signal);
    seen.take(last);
    // A cycle of few processes ends within one turn of the event loop, and the churn needs turns of its own.
    await setImmediate();
  };

  await cycle();
  const churn = startChurn(t);
  while (churn.running()) await cycle();
  const made = await churn.made;
  await cycle();
  const kept = openFiles();
  await source.stop();

  const { cycles, processes, started, stopped, vanished, tasksCreated } = seen;
  t.diagnostic(
    `${cycles} cycles, ${made} processes made, ${tasksCreated} tasks created by the kernel, ${started} starts and ` +
      `${stopped} stops told, ${vanished} vanished`,
  );
  assert.ok(made >= LEAST_MADE, `this machine made only ${made}`);
  assert.ok(cycles >= SECONDS, `only ${cycles} cycles`);
  assert.ok(vanished > 0, 'none was gone before it could be read');
  assert.ok(started > 0 && stopped > 0);
  assert.ok(tasksCreated >= made, 'every one is in the count of the kernel');
  assert.ok(started < tasksCreated, 'a poller misses some, and the difference tells how many at most');
  assert.ok(kept <= filesBefore + processes, `${kept} files are open for ${processes} processes`);
  assert.equal(openFiles(), filesBefore, 'all files are closed again');
  assert.equal(childrenLeft(), '', 'no process is left');
});

/** Checks what each cycle tells against all that was told before. */
class SeenLives {
  cycles = 0;
  /** In the last cycle. */
  processes = 0;
  started = 0;
  stopped = 0;
  vanished = 0;
  tasksCreated = 0;
  #alive = new Set<string>();

  take(events: readonly CollectionEvent[]): void {
    const completed = events.at(-1);
    assert.ok(completed?.kind === 'cycle');
    const told = events.filter((event) => event.kind === 'process');
    const first = this.cycles === 0;
    assert.deepEqual(
      events
        .filter(({ kind }) => kind !== 'process' && kind !== 'finding')
        .map((event) => (event.kind === 'agent' ? event.name : event.kind)),
      first ? ['baseline', 'cycle'] : ['cycle'],
    );
    for (const event of told) assertWellFormed(event, completed);
    const ranks = told.map(({ action }) => ORDER.indexOf(action));
    assert.deepEqual(
      ranks,
      ranks.toSorted((a, b) => a - b),
      'stopped, started, changed, observed',
    );
    this.#follow(told, first);
    this.#count(events, completed, first);
  }

  /** Each life begins once, ends once, and is told in each cycle between. */
  #follow(told: readonly ProcessCollectionEvent[], first: boolean): void {
    const observed = new Set<string>();
    for (const event of told) {
      const life = `${event.process.pid}@${event.process.platformMetadata?.startTicks}`;
      switch (event.action) {
        case 'started':
          assert.ok(!this.#alive.has(life), `${life} starts twice`);
          this.#alive.add(life);
          break;
        case 'stopped':
          assert.ok(this.#alive.delete(life), `${life} stops, and never ran`);
          break;
        case 'changed':
          assert.ok(this.#alive.has(life), `${life} changes, and does not run`);
          break;
        case 'observed':
          if (first) this.#alive.add(life);
          observed.add(life);
      }
    }
    assert.equal(observed.size, this.#alive.size);
    assert.ok([...observed].every((life) => this.#alive.has(life)));
  }

  #count(events: readonly CollectionEvent[], completed: CycleCompletedEvent, first: boolean): void {
    const count = (action: string) =>
      events.filter((event) => event.kind === 'process' && event.action === action).length;
    for (const action of ORDER) assert.equal(completed[action], count(action), action);
    assert.equal(completed.processes, this.#alive.size);
    const ofCycle = events.filter(({ kind }) => kind !== 'agent');
    assert.equal(completed.events, ofCycle.length, 'findings too');
    assert.equal(completed.tasksCreated === undefined, first);
    this.cycles += 1;
    this.processes = completed.processes;
    this.started += completed.started;
    this.stopped += completed.stopped;
    this.vanished += completed.vanished;
    this.tasksCreated += completed.tasksCreated ?? 0;
  }
}

const ORDER = ['stopped', 'started', 'changed', 'observed'] as const;

/** The clock tick, and the kernel's boot time in whole seconds. */
const CREATION_TIME_EARLY_MILLIS = 1_100;

function assertWellFormed(event: ProcessCollectionEvent, { timestampMillis }: CycleCompletedEvent): void {
  const { pid, ppid, name, commandLine, startTime, timestamp, accessible, platformMetadata } = event.process;
  assert.ok(Number.isInteger(pid) && pid > 0);
  assert.ok(Number.isInteger(ppid) && ppid >= 0);
  assert.ok(name.length > 0);
  assert.ok(commandLine.every((argument) => typeof argument === 'string'));
  assert.ok(
    startTime !== undefined && startTime <= timestamp + CREATION_TIME_EARLY_MILLIS,
    `${startTime} ${timestamp}`,
  );
  assert.equal(timestamp, timestampMillis);
  assert.ok(Number.isInteger(platformMetadata?.startTicks));
  assert.equal(accessible, platformMetadata?.deniedFields === undefined);
  assert.notEqual(platformMetadata?.enriched, false);
  if (event.action === 'changed') {
    assert.ok(event.changes.length > 0);
    for (const { old, new: fresh } of event.changes) assert.notDeepEqual(old, fresh);
  }
  if (event.action === 'stopped') assert.ok(event.exitNotBeforeMillis <= event.exitNotAfterMillis);
}

/** Makes processes at an even pace, for a time; it ends by itself, or with the test. */
function startChurn(t: TestContext) {
  const child = spawn('/bin/sh', ['-c', CHURN], { stdio: ['pipe', 'pipe', 'inherit'] });
  cleanUp(t, () => void child.kill('SIGKILL'));
  let made = 0;
  createInterface({ input: child.stdout }).on('line', (line) => {
    made = Number(line);
  });
  let running = true;
  const ended = once(child, 'close').then(() => {
    running = false;
    return made;
  });
  const startedAt = performance.now();
  let asked = 0;
  const pace = setInterval(() => {
    const seconds = Math.min((performance.now() - startedAt) / 1_000, SECONDS);
    for (; asked + BATCH <= PER_SECOND * seconds && asked < made + BATCHES_AHEAD * BATCH; asked += BATCH) {
      child.stdin.write(`${BATCH}\n`);
    }
    if (seconds < SECONDS) return;
    clearInterval(pace);
    child.stdin.end();
  }, 20);
  cleanUp(t, () => clearInterval(pace));
  return { made: ended, running: () => running };
}

/** Without the one that lists them. */
function openFiles(): number {
  return readdirSync('/proc/self/fd').length - 1;
}

function childrenLeft(): string {
  return readFileSync(`/proc/self/task/${process.pid}/children`, 'latin1');
}
