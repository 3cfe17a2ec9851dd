import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { systemClock } from '../../../../src/base/clock.ts';
import type { Enumeration, EnumerationRequest, Process } from '../../../../src/process/enumerate/enumerator.ts';
import {
  PortableEnumerator,
  type PortableEnumeratorOptions,
} from '../../../../src/process/enumerate/portable/portable-enumerator.ts';
import { scratchDirectory } from '../../../fake/scratch-store.ts';
import { testRedactor } from '../../test-redactor.ts';

const REAL_READER = import.meta.resolve('../../../../src/process/enumerate/portable/process-reader.ts');

/** More, and the command line that systeminformation builds for them on Linux does not fit; so for tests that list this host. */
const MOST_LISTABLE = 4_000;

/** Why this host cannot be listed with systeminformation, for `skip`; false where it can. */
export function whyNotListable(): string | false {
  if (process.platform !== 'linux') return 'not tried on this platform';
  const count = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).length;
  return count > MOST_LISTABLE && `with ${count} processes, systeminformation fails on Linux`;
}

/** One enumerator, and requests for all with a redactor whose only secret is the word. Its reader ends with the test. */
export class Listing {
  readonly enumerator: PortableEnumerator;
  readonly #stop = new AbortController();

  constructor(t: TestContext, options: Partial<PortableEnumeratorOptions> = {}) {
    this.enumerator = new PortableEnumerator({ clock: systemClock, ...options });
    t.after(() => this.#stop.abort());
  }

  cycle(request: Partial<EnumerationRequest> = {}): Promise<Enumeration> {
    const { signal } = this.#stop;
    return this.enumerator.enumerate({
      redactor: testRedactor(),
      enhanced: true,
      maxEnriched: 0,
      refreshCycles: 0,
      usageAtOnce: false,
      countFileDescriptors: false,
      signal,
      ...request,
    });
  }
}

export function byPid({ processes }: Enumeration, pid: number | undefined): Process {
  const found = processes.find((process) => process.pid === pid);
  if (found === undefined) throw new Error(`pid ${pid} is missing`);
  return found;
}

/** A module for the reader process: `source`, ECMAScript. */
export function readerModule(t: TestContext, source: string): string {
  const path = join(scratchDirectory(t), 'reader.mjs');
  writeFileSync(path, source);
  return path;
}

/** A reader that answers with `answers`, one after the other; what goes wrong with it is told by its end. */
export function answeringReader(t: TestContext, answers: readonly unknown[]): string {
  return readerModule(
    t,
    `const answers = ${JSON.stringify(answers)};
     process.on('disconnect', () => process.exit());
     process.on('message', () => {
       const answer = answers.shift();
       if (answer?.list) {
         answer.readerPid = process.pid;
         answer.list.push({ ...answer.list[0], pid: process.pid, parentPid: process.ppid });
       }
       process.send(answer);
     });`,
  );
}

/** The real reader, which takes this host for one of `platform`. */
export function readerOnPlatform(t: TestContext, platform: NodeJS.Platform): string {
  return readerModule(
    t,
    `Object.defineProperty(process, 'platform', { value: '${platform}' });
     process.env.READER_PID = String(process.pid);
     await import('${REAL_READER}');`,
  );
}

/** A directory to put first on the path, with a program that stands for another one. */
export function programs(t: TestContext, scripts: Readonly<Record<string, string>>): string {
  const directory = scratchDirectory(t);
  for (const [name, script] of Object.entries(scripts)) {
    writeFileSync(join(directory, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }
  return `${directory}:${process.env['PATH']}`;
}

/** Whether it runs: one that has ended may stay in the table, where nobody waits for it. */
export function isAlive(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
}
