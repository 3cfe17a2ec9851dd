import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism, getPriority, uptime, userInfo } from 'node:os';
import { suite, type TestContext, test } from 'node:test';
import { commandLineText } from '../../src/event/command-line-text.ts';
import type { ProcessEvent } from '../../src/event/process-event.ts';
import { PROCESS_FIELDS, type ProcessField } from '../../src/event/process-fields.ts';
import { creationTimeMillis, describeProcess } from '../../src/process/describe-process.ts';
import type {
  Enumeration,
  EnumerationRequest,
  Process,
  ProcessEnumerator,
} from '../../src/process/enumerate/enumerator.ts';
import { testRedactor } from '../process/test-redactor.ts';

export interface EnumeratorUnderContract {
  readonly name: string;
  readonly make: () => ProcessEnumerator;
  /** How far off a start may be. */
  readonly resolutionMillis: number;
  /** Why it cannot be tried on this host now; false where it can. */
  readonly whyNot: () => string | false;
}

/** What every enumerator promises to what stands above it, tried on the processes of this host. */
export function enumeratorContract({ name, make, resolutionMillis, whyNot }: EnumeratorUnderContract): void {
  /** An enumerator and its cycles; what it may have started ends with the test. */
  class Cycles {
    readonly #enumerator = make();
    readonly #stop = new AbortController();

    constructor(t: TestContext) {
      t.after(() => {
        this.#stop.abort();
        this.close();
      });
    }

    next(request: Partial<EnumerationRequest> = {}): Promise<Enumeration> {
      const { signal } = this.#stop;
      return this.#enumerator.enumerate({
        redactor: testRedactor(),
        enhanced: true,
        maxEnriched: 0,
        refreshCycles: 1,
        usageAtOnce: true,
        countFileDescriptors: true,
        signal,
        ...request,
      });
    }

    close(): void {
      this.#enumerator.close();
    }
  }

  /** Looked at before each, because others start processes too. */
  const promise = (text: string, body: (t: TestContext) => Promise<void>) =>
    test(text, async (t) => {
      const reason = whyNot();
      if (reason === false) await body(t);
      else t.skip(reason);
    });

  suite(`the processes of this host, by ${name},`, () => {
    void promise('are all there once, ascending by pid, this one with its parent', async (t) => {
      const { processes, byPid } = await new Cycles(t).next();
      assert.equal(byPid.size, processes.length);
      assert.ok(processes.every((each) => byPid.get(each.pid) === each));
      const pids = processes.map(({ pid }) => pid);
      assert.deepEqual(firstDisorder(pids), undefined);
      assert.equal(find(processes, process.pid).ppid, process.ppid);
      assert.ok(pids.includes(process.ppid) || process.ppid === 0);
    });

    void promise('come and go', async (t) => {
      const cycles = new Cycles(t);
      await cycles.next();
      const child = start(t, 'sleep', ['1000']);
      const { processes } = await cycles.next();
      const { ppid, comm, kernelThread } = find(processes, child.pid);
      assert.deepEqual([ppid, comm, kernelThread], [process.pid, 'sleep', false]);
      child.kill('SIGKILL');
      await once(child, 'close');
      const after = await cycles.next();
      assert.equal(
        after.processes.some(({ pid }) => pid === child.pid),
        false,
      );
    });

    void promise('keep their identity as long as they live', async (t) => {
      const cycles = new Cycles(t);
      const before = new Map((await cycles.next()).processes.map(({ pid, startTicks }) => [pid, startTicks]));
      const reused: number[] = [];
      for (let cycle = 0; cycle < 3; cycle++) {
        for (const { pid, startTicks } of (await cycles.next()).processes) {
          if (before.has(pid) && before.get(pid) !== startTicks) reused.push(pid);
        }
      }
      // A pid that is used again within seconds: so rare that one in all is a surprise.
      assert.ok(reused.length <= 1, `${reused.length} have other starts: ${reused.slice(0, 20).join(', ')}`);
      assert.equal(reused.includes(process.pid), false);
    });

    void promise('keep it when what reads them is closed, twice, and reads again', async (t) => {
      const child = start(t, 'sleep', ['1000']);
      const cycles = new Cycles(t);
      const first = await cycles.next();
      const before = [process.pid, child.pid].map((pid) => find(first.processes, pid).startTicks);
      cycles.close();
      cycles.close();
      const again = await cycles.next();
      assert.deepEqual(
        [process.pid, child.pid].map((pid) => find(again.processes, pid).startTicks),
        before,
      );
      assert.equal(again.boot.id, first.boot.id);
    });

    void promise('began when they did', async (t) => {
      const child = start(t, 'sleep', ['1000']);
      const begun = Date.now();
      const enumeration = await new Cycles(t).next();
      const startOf = (pid: number | undefined) => {
        const { boot, ticksPerSecond, processes } = enumeration;
        const context = { bootAnchorMillis: boot.timeMillis, ticksPerSecond };
        return creationTimeMillis(find(processes, pid).startTicks, context);
      };
      // The time of the boot is told to a second.
      assertNear(startOf(child.pid), begun, resolutionMillis + 1_000);
      assertNear(startOf(process.pid), performance.timeOrigin, resolutionMillis + 1_500);
      assertNear(enumeration.boot.timeMillis, Date.now() - uptime() * 1000, 3_000);
      assert.ok(enumeration.startedAtMillis <= enumeration.endedAtMillis);
      assert.ok(enumeration.startedAtMillis >= begun - 1 && enumeration.endedAtMillis <= Date.now() + 1);
    });

    void promise('are in one boot and one scope, cycle after cycle', async (t) => {
      const cycles = new Cycles(t);
      const { boot, scope } = await cycles.next();
      const later = await cycles.next();
      assert.deepEqual([later.boot, later.scope], [boot, scope]);
      assert.match(boot.id, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    });

    void promise('keep the very same details while nothing in them changes', async (t) => {
      const child = start(t, 'sleep', ['1000']);
      const cycles = new Cycles(t);
      const { details } = find((await cycles.next()).processes, child.pid);
      assert.ok(details !== undefined);
      for (let cycle = 0; cycle < 2; cycle++) {
        assert.equal(find((await cycles.next()).processes, child.pid).details, details);
      }
    });

    void promise('are told through the redactor that was given, and anew through another one', async (t) => {
      const child = start(t, 'sh', ['-c', 'read line', '--password=secret']);
      const cycles = new Cycles(t);
      for (const version of ['test:1', 'test:2']) {
        const enumeration = await cycles.next({ redactor: testRedactor(version) });
        const { details } = find(enumeration.processes, child.pid);
        assert.equal(details?.redaction, version);
        assert.ok((details?.redactions ?? 0) >= 1);
        assert.match(commandLineText(eventOf(enumeration, child.pid)) ?? '', /--password=\[redacted\]/);
        const leaking = enumeration.processes.filter((each) => JSON.stringify(toldOf(each)).includes('secret'));
        assert.deepEqual(
          leaking.map(({ pid }) => pid),
          [],
        );
      }
    });

    for (const [what, argv0] of [
      [
        'a line of the table that is no process',
        'x\n4194000 1 0.0 0.0 19 1000 500 0 01:00 S ? root invented\n4194001 1',
      ],
      ['what ends a terminal', '\u001b]0;x\u0007\u001b[2J'],
      ['what is no word', '  \t[(]: "\''],
      ['quotes and signs of a shell', `'; echo "$(id)" \`id\` | cat #`],
      ['letters of other scripts', 'naïve-パス-🔑'],
      ['a name that is very long', `/${'long/'.repeat(1_200)}name`],
    ] as const) {
      void promise(`are whatever they call themselves: ${what}`, async (t) => {
        const child = start(t, 'sleep', ['1000'], argv0);
        const enumeration = await new Cycles(t).next();
        const { ppid, comm } = find(enumeration.processes, child.pid);
        assert.equal(ppid, process.pid);
        assert.ok(Buffer.byteLength(comm) <= 255);
        assert.equal(comm.isWellFormed(), true);
        assert.ok(Buffer.byteLength(commandLineText(eventOf(enumeration, child.pid)) ?? '') <= 8 * 1024 + 256);
        assert.equal(
          enumeration.processes.some(({ pid }) => pid === 4_194_000 || pid === 4_194_001),
          false,
        );
        assert.deepEqual(firstDisorder(enumeration.processes.map(({ pid }) => pid)), undefined);
      });
    }

    void promise('may vanish while they are read', async (t) => {
      for (let churn = 0; churn < 2; churn++) start(t, 'sh', ['-c', 'while :; do (exit); (exit); done']);
      const cycles = new Cycles(t);
      for (let cycle = 0; cycle < 4; cycle++) {
        const { processes, vanished } = await cycles.next();
        assert.ok(processes.some(({ pid }) => pid === process.pid));
        assert.ok(Number.isInteger(vanished) && vanished >= 0);
        assert.deepEqual(firstDisorder(processes.map(({ pid }) => pid)), undefined);
      }
    });

    void promise('are not read after the signal has aborted', async (t) => {
      const reason = new Error('stopped');
      await assert.rejects(new Cycles(t).next({ signal: AbortSignal.abort(reason) }), reason);
    });

    void promise('are read to the end, or not at all, when the signal aborts meanwhile', async (t) => {
      const stop = new AbortController();
      const reason = new Error('stopped');
      const cycles = new Cycles(t);
      const reading = cycles.next({ signal: stop.signal });
      stop.abort(reason);
      const outcome = await reading.catch((error: unknown) => error);
      if (outcome !== reason) find((outcome as Enumeration).processes, process.pid);
      find((await cycles.next()).processes, process.pid);
    });

    void promise('get details up to the limit, the oldest first and always the same, and that is told', async (t) => {
      const cycles = new Cycles(t);
      const enriched = ({ processes }: Enumeration) => pidsOf(processes.filter(({ details }) => details !== undefined));
      const limited = await cycles.next({ maxEnriched: 2 });
      const oldest = limited.processes.toSorted((a, b) => a.startTicks - b.startTicks || a.pid - b.pid).slice(0, 2);
      assert.equal(limited.truncated, true);
      assert.deepEqual(
        enriched(limited),
        pidsOf(oldest).toSorted((a, b) => a - b),
      );
      const again = await cycles.next({ maxEnriched: 2 });
      assert.deepEqual(enriched(again), enriched(limited));
      assert.ok(again.processes.some(({ pid }) => pid === process.pid));
      const all = await cycles.next({ maxEnriched: limited.processes.length + 1_000 });
      assert.equal(all.truncated, false);
      assert.equal(enriched(all).length, all.processes.length);
    });

    void promise('have no value where there is none: no NaN, no null, nothing negative, nothing empty', async (t) => {
      const cycles = new Cycles(t);
      await cycles.next();
      const { processes } = await cycles.next();
      assert.deepEqual(processes.flatMap(nonsenseOf).slice(0, 5), []);
    });

    void promise('are told in the units of the contract', async (t) => {
      const cycles = new Cycles(t);
      const first = await cycles.next();
      assert.equal(find(first.processes, process.pid).cpuUtilization, undefined);
      const spunMillis = spin(400);
      const enumeration = await cycles.next();
      const own = find(enumeration.processes, process.pid);
      const rssBytes = process.memoryUsage.rss();
      assert.ok((own.rssBytes ?? 0) > rssBytes / 2 && (own.rssBytes ?? 0) < rssBytes * 2, `${own.rssBytes}`);
      assert.ok((own.virtualMemoryBytes ?? 0) >= (own.rssBytes ?? 0));
      assert.equal(own.nice, getPriority());
      assert.match(own.stateCode ?? '', /^[RSDI]$/);
      const share = spunMillis / (enumeration.endedAtMillis - first.startedAtMillis);
      const used = own.cpuUtilization ?? 0;
      assert.ok(used > share / 4 && used <= availableParallelism(), `${used} of one core, ${share} expected at most`);
      assert.equal(
        eventOf(enumeration, process.pid).platformMetadata?.userName ?? userInfo().username,
        userInfo().username,
      );
    });

    void promise('become events whose fields have the types of the field table', async (t) => {
      const cycles = new Cycles(t);
      await cycles.next();
      const enumeration = await cycles.next();
      const wrong = enumeration.processes.flatMap(({ pid }) => {
        const event = eventOf(enumeration, pid);
        return PROCESS_FIELDS.flatMap((field) => (hasItsType(field, event) ? [] : [`${field.attribute} of ${pid}`]));
      });
      assert.deepEqual(wrong.slice(0, 5), []);
      const own = eventOf(enumeration, process.pid);
      assert.deepEqual([own.pid, own.ppid], [process.pid, process.ppid]);
      assert.match(commandLineText(own) ?? '', /enumerator/);
      assert.equal(own.timestamp, enumeration.endedAtMillis);
    });
  });
}

/** It is there when this returns, and gone when the test is. */
function start(t: TestContext, program: string, args: readonly string[], argv0: string = program): ChildProcess {
  const child = spawn(program, args, { argv0, stdio: ['pipe', 'ignore', 'ignore'] });
  t.after(() => child.kill('SIGKILL'));
  return child;
}

function find(processes: readonly Process[], pid: number | undefined): Process {
  const found = processes.find((process) => process.pid === pid);
  assert.ok(found !== undefined, `pid ${pid} is missing among ${processes.length}`);
  return found;
}

/** The first pid that does not follow the one before it. */
function firstDisorder(pids: readonly number[]): number | undefined {
  return pids.find((pid, index) => index > 0 && pid <= (pids[index - 1] as number));
}

function pidsOf(processes: readonly Process[]): readonly number[] {
  return processes.map(({ pid }) => pid);
}

function assertNear(value: number, expected: number, off: number): void {
  assert.ok(Math.abs(value - expected) <= off, `${value} is ${value - expected} off ${expected}, more than ${off}`);
}

function eventOf(
  { processes, boot, ticksPerSecond, endedAtMillis }: Enumeration,
  pid: number | undefined,
): ProcessEvent {
  const process = find(processes, pid);
  return describeProcess(process, process, {
    sampledAtMillis: endedAtMillis,
    bootAnchorMillis: boot.timeMillis,
    ticksPerSecond,
    enhanced: true,
    userName: () => undefined,
    groupName: () => undefined,
    cpidOf: () => undefined,
  });
}

/** Everything of a process that can hold text. */
function toldOf({ comm, details }: Process): unknown {
  return { comm, details };
}

/** Of the details and figures, what is neither absent nor a value. */
function nonsenseOf(process: Process): string[] {
  const { pid, comm, details, ppid, startTicks, stateCode, nice, threads, virtualMemoryBytes, rssBytes } = process;
  const { userTicks, systemTicks, cpuUtilization, processGroupId, sessionId, terminal } = process;
  const counts = {
    pid,
    ppid,
    startTicks,
    threads,
    virtualMemoryBytes,
    rssBytes,
    userTicks,
    systemTicks,
    cpuUtilization,
  };
  const others = { comm, stateCode, nice, processGroupId, sessionId, terminal };
  return Object.entries({ ...counts, ...others, ...details }).flatMap(([key, value]) => {
    const isNegative = typeof value === 'number' && value < 0 && key in counts;
    const isNothing = value === null || Number.isNaN(value) || (value === '' && key !== 'comm');
    return isNegative || isNothing ? [`${key} of ${pid} (${comm}) is ${JSON.stringify(value)}`] : [];
  });
}

function hasItsType({ type, read }: ProcessField, event: ProcessEvent): boolean {
  const value = read(event, event.platformMetadata ?? {});
  if (value === undefined) return true;
  switch (type) {
    case 'int':
      return Number.isSafeInteger(value);
    case 'double':
      return typeof value === 'number' && Number.isFinite(value);
    case 'string[]':
      return Array.isArray(value) && value.every((item) => typeof item === 'string');
    default:
      return typeof value === type;
  }
}

/** Uses one core. @returns for how long */
function spin(millis: number): number {
  const begun = process.cpuUsage();
  const endsAt = performance.now() + millis;
  while (performance.now() < endsAt);
  return process.cpuUsage(begun).user / 1_000;
}
