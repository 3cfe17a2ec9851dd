import type { CommittedCycle } from '../../src/base/observer.ts';

/** A steady cycle of a small host. */
export const CYCLE: CommittedCycle = {
  outcome: 'committed',
  cycleId: '019aae00-0000-7000-8000-000000000001',
  sampledAtMillis: Date.UTC(2026, 10, 23, 12),
  durationMillis: 34.4,
  phaseMillis: { enumerate: 30, diff: 2, commit: 2.4 },
  processes: 77,
  processesByState: { running: 1, sleeping: 76, uninterruptible: 0, idle: 0, stopped: 0, defunct: 0 },
  threads: 200,
  observed: 77,
  started: 2,
  stopped: 1,
  changed: 0,
  deniedFields: new Map([['process.executable.path', 12]]),
  vanished: 0,
  truncated: false,
  startsObserved: 2,
  redactions: 0,
  findings: 0,
  ruleErrors: 0,
  expectedProcesses: new Map(),
};
