import { type CommittedCycle, PROCESS_STATES, type ProcessState } from '../base/observer.ts';
import { tasksCreatedSince } from './cycle-events.ts';
import type { Enumeration } from './enumerate/enumerator.ts';
import type { CyclePlan } from './snapshot-tracker.ts';

type CycleFigures = Omit<
  CommittedCycle,
  | 'outcome'
  | 'cycleId'
  | 'sampledAtMillis'
  | 'durationMillis'
  | 'phaseMillis'
  | 'baseline'
  | 'clockOffsetMillis'
  | 'observed'
  | 'startsObserved'
  | 'findings'
  | 'ruleErrors'
  | 'expectedProcesses'
>;

/** What the gauges of a cycle show. To be taken before `adopt`, which makes the plan's own rows those before. */
export function cycleFigures(plan: CyclePlan): CycleFigures {
  return { ...tableFigures(plan.enumeration), ...planFigures(plan) };
}

function tableFigures(enumeration: Enumeration) {
  const processesByState = Object.fromEntries(PROCESS_STATES.map((state) => [state, 0])) as Record<
    ProcessState,
    number
  >;
  let threads = 0;
  for (const process of enumeration.processes) {
    processesByState[processState(process.stateCode)] += 1;
    threads += process.threads ?? 0;
  }
  return {
    processes: enumeration.processes.length,
    processesByState,
    threads,
    deniedFields: enumeration.deniedFields,
    vanished: enumeration.vanished,
    truncated: enumeration.truncated,
  };
}

function planFigures(plan: CyclePlan) {
  let redactions = 0;
  for (const { pid, details } of plan.diff.stale) {
    if (details !== plan.before.get(pid)?.details) redactions += details?.redactions ?? 0;
  }
  return {
    started: plan.diff.started.length,
    stopped: plan.diff.stopped.length,
    changed: plan.diff.changed.length,
    tasksCreated: tasksCreatedSince(plan),
    redactions,
  };
}

/** The letters of proc_pid_stat(5); those of kernels before 4.14 fall to the nearest. */
function processState(code: string | undefined): ProcessState {
  switch (code) {
    case 'R':
      return 'running';
    case 'D':
      return 'uninterruptible';
    case 'I':
      return 'idle';
    case 'T':
    case 't':
      return 'stopped';
    case 'Z':
    case 'X':
    case 'x':
      return 'defunct';
    default:
      return 'sleeping';
  }
}
