import type { ProcessDetails } from '../../src/event/process-row.ts';
import type { Scope } from '../../src/event/scope.ts';
import type { Boot, Enumeration, Process } from '../../src/process/enumerate/enumerator.ts';

export const BOOT: Boot = {
  id: '3f2c1d7e-9a64-4b08-8e51-c0ffee123456',
  known: true,
  timeMillis: Date.UTC(2026, 10, 23),
};

export const OTHER_BOOT: Boot = {
  ...BOOT,
  id: 'b1a5e000-9a64-4b08-8e51-c0ffee123456',
  timeMillis: BOOT.timeMillis + 7_200_000,
};

export const SCOPE: Scope = { procRoot: '/proc', enumerator: 'linux-proc', hostId: 'a', pidNamespace: 4_026_531_836 };

export type GivenProcess = Partial<Omit<Process, 'details'>> & {
  readonly pid: number;
  /** Merged with ordinary ones; null = not enriched. */
  readonly details?: Partial<ProcessDetails> | null;
};

/** A process; what is not given is ordinary. Equal givens have the same object of details, as from an enumerator. */
export function processOf({ details, ...given }: GivenProcess): Process {
  return {
    startTicks: 100,
    ppid: 1,
    processGroupId: 1,
    sessionId: 1,
    terminal: 0,
    kernelThread: false,
    comm: 'app',
    commEscaped: false,
    stateCode: 'S',
    userTicks: 150,
    systemTicks: 50,
    nice: 0,
    threads: 1,
    virtualMemoryBytes: 1_000_000,
    rssBytes: 500_000,
    ...given,
    ...(details !== null && { details: detailsOf(details ?? {}) }),
  };
}

const shared = new Map<string, ProcessDetails>();

function detailsOf(given: Partial<ProcessDetails>): ProcessDetails {
  const details: ProcessDetails = {
    redaction: 'test:1',
    redactions: 0,
    executablePath: '/usr/bin/app',
    executableDeleted: false,
    executableExists: true,
    executableDevice: 7,
    executableInode: 70,
    args: ['app', '-v'],
    argsCount: 2,
    argsTruncated: false,
    userId: 1000,
    realUserId: 1000,
    effectiveCapabilities: '0000000000000000',
    ...given,
  };
  const key = JSON.stringify(details);
  const known = shared.get(key);
  if (known !== undefined) return known;
  shared.set(key, details);
  return details;
}

export function enumerationOf(
  processes: readonly Process[],
  given: Partial<Omit<Enumeration, 'processes'>> & { readonly endedAtMillis: number },
): Enumeration {
  return {
    boot: BOOT,
    scope: SCOPE,
    startedAtMillis: given.endedAtMillis - 100,
    vanished: 0,
    deniedFields: new Map(),
    ticksPerSecond: 100,
    tasksCreated: undefined,
    truncated: false,
    processes: processes.toSorted((a, b) => a.pid - b.pid),
    byPid: new Map(processes.map((process) => [process.pid, process])),
    ...given,
  };
}
