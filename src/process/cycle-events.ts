import type { CollectionEvent, CycleCompletedEvent, LifecycleCause } from '../event/collection-event.ts';
import type { ProcessFigures, ProcessRow } from '../event/process-row.ts';
import { clockMessage } from './clock-step.ts';
import { creationTimeMillis, describeProcess } from './describe-process.ts';
import type { Process } from './enumerate/enumerator.ts';
import { expectedFindingEvent } from './expected/expected-processes.ts';
import { findingEvent, triggerEvent } from './findings/finding-events.ts';
import type { RulePlan } from './findings/rule-runner.ts';
import type { EmitMode, KernelThreadsMode } from './process-source-config.ts';
import type { CyclePlan } from './snapshot-tracker.ts';

export interface CycleEventOptions {
  readonly emit: EmitMode;
  readonly kernelThreads: KernelThreadsMode;
  /** Epoch milliseconds: what was created later did not start while procmond was down. */
  readonly runStartedAtMillis: number;
  readonly durationMillis: number;
  readonly refreshCycles: number;
  /** Last known figures of a process of the snapshot before. */
  readonly figuresOf: (pid: number) => ProcessFigures | undefined;
  readonly rules: Pick<RulePlan, 'found' | 'expectedFindings' | 'errors'>;
  /** Draws the UUIDv7 of a trigger. */
  readonly newTriggerId: () => string;
}

export interface CycleEvents {
  /**
   * In the order of delivery: baseline, stopped, started, changed, observed, findings, triggers, completed. Made one by
   * one as they are taken.
   */
  readonly events: Iterable<CollectionEvent>;
  readonly observedProcesses: readonly Process[];
  /** Started events with cause `live`. */
  readonly startsObserved: number;
}

export function cycleEvents(plan: CyclePlan, options: CycleEventOptions): CycleEvents {
  const observed = observedProcesses(plan, options);
  const causes = plan.diff.started.map((process) => startCause(process, plan, options.runStartedAtMillis));
  return {
    events: inOrder(plan, options, observed, causes),
    observedProcesses: observed,
    startsObserved: causes.filter((cause) => cause === 'live').length,
  };
}

function* inOrder(
  plan: CyclePlan,
  options: CycleEventOptions,
  observed: readonly Process[],
  causes: readonly LifecycleCause[],
): Generator<CollectionEvent> {
  yield* clockEvents(plan);
  yield* baselineEvents(plan);
  for (const row of plan.diff.stopped) yield stoppedEvent(row, plan, options);
  for (const [index, process] of plan.diff.started.entries()) {
    yield {
      kind: 'process',
      action: 'started',
      cause: causes[index] as LifecycleCause,
      ...fact(process, plan),
      ...(plan.beforeState !== undefined && { previousSampleMillis: plan.beforeState.sampledAtMillis }),
    };
  }
  for (const { process, changes } of plan.diff.changed) {
    yield { kind: 'process', action: 'changed', cause: plan.cause, changes, ...fact(process, plan) };
  }
  for (const process of observed) yield { kind: 'process', action: 'observed', ...fact(process, plan) };
  const { found, expectedFindings } = options.rules;
  for (const finding of found) yield findingEvent(finding, plan);
  for (const finding of expectedFindings) yield expectedFindingEvent(finding, plan);
  for (const finding of found) {
    const trigger = triggerEvent(finding, plan, options.newTriggerId);
    if (trigger !== undefined) yield trigger;
  }
  yield completedEvent(plan, options, observed.length);
}

function observedProcesses(plan: CyclePlan, options: CycleEventOptions): readonly Process[] {
  const inventory = plan.state.inventoryAtMillis === plan.state.sampledAtMillis;
  const everything = options.emit === 'all' || inventory;
  const news = everything
    ? undefined
    : new Set([...plan.diff.started, ...plan.diff.changed.map(({ process }) => process), ...plan.diff.hashed]);
  return plan.enumeration.processes.filter((process) => {
    if (process.details === undefined) return false;
    if (process.kernelThread && !tellsKernelThread(options.kernelThreads, inventory)) return false;
    return news === undefined || news.has(process);
  });
}

function tellsKernelThread(mode: KernelThreadsMode, inventory: boolean): boolean {
  switch (mode) {
    case 'include':
      return true;
    case 'inventory':
      return inventory;
    case 'exclude':
      return false;
  }
}

/**
 * In the first cycle of a run, only what was created before the run can have started while procmond was down. Both times
 * are of the present wall clock here: the anchor may be on one from before a step.
 */
function startCause(process: Process, plan: CyclePlan, runStartedAtMillis: number): LifecycleCause {
  if (plan.cause !== 'while_down') return plan.cause;
  const { boot, ticksPerSecond } = plan.enumeration;
  const createdAtMillis = creationTimeMillis(process.startTicks, { bootAnchorMillis: boot.timeMillis, ticksPerSecond });
  return createdAtMillis >= runStartedAtMillis ? 'live' : 'while_down';
}

function fact(process: Process, plan: CyclePlan) {
  const parentName = plan.enumeration.byPid.get(process.ppid)?.comm;
  return {
    process: describeProcess(process, process, plan.context),
    ...(parentName !== undefined && { parentName }),
  };
}

function stoppedEvent(row: ProcessRow, plan: CyclePlan, options: CycleEventOptions): CollectionEvent {
  const parentName = plan.before.get(row.ppid)?.comm;
  const { sampledAtMillis, bootAnchorMillis } = plan.state;
  const notBefore = plan.beforeState?.sampleStartedAtMillis ?? sampledAtMillis;
  // Whatever ran before a reboot had ended when this boot began.
  const reboot = plan.cause === 'reboot';
  const notAfter = Math.max(notBefore, reboot ? Math.min(sampledAtMillis, bootAnchorMillis) : sampledAtMillis);
  // Creation times stay on the clock that the boot was first seen by.
  const endedAtMillis = reboot ? notAfter : sampledAtMillis - plan.clock.offsetMillis;
  const process = describeProcess(row, options.figuresOf(row.pid), plan.beforeContext);
  return {
    kind: 'process',
    action: 'stopped',
    cause: plan.cause,
    process,
    ...(parentName !== undefined && { parentName }),
    exitNotBeforeMillis: notBefore,
    exitNotAfterMillis: notAfter,
    ...(process.startTime !== undefined && { runTimeMillis: Math.max(0, endedAtMillis - process.startTime) }),
  };
}

function completedEvent(plan: CyclePlan, options: CycleEventOptions, observed: number): CycleCompletedEvent {
  const { diff, enumeration } = plan;
  const { found, expectedFindings, errors } = options.rules;
  const counts = {
    started: diff.started.length,
    stopped: diff.stopped.length,
    changed: diff.changed.length,
    observed,
    findings: found.length + expectedFindings.length,
    triggers: found.filter(({ rule }) => rule.trigger !== undefined).length,
  };
  const tasksCreated = tasksCreatedSince(plan);
  return {
    kind: 'cycle',
    timestampMillis: plan.state.sampledAtMillis,
    events: Object.values(counts).reduce((sum, count) => sum + count, 1),
    processes: enumeration.processes.length,
    ...counts,
    ruleErrors: errors.length,
    deniedFields: [...enumeration.deniedFields.values()].reduce((sum, count) => sum + count, 0),
    vanished: enumeration.vanished,
    truncated: enumeration.truncated,
    inventory: plan.state.inventoryAtMillis === plan.state.sampledAtMillis,
    durationMillis: options.durationMillis,
    refreshCycles: options.refreshCycles,
    ...(tasksCreated !== undefined && { tasksCreated }),
  };
}

/** Tasks the kernel created since the cycle before; undefined when that was in another boot or there was none. */
export function tasksCreatedSince({ beforeState, state }: CyclePlan): number | undefined {
  if (beforeState?.bootId !== state.bootId) return undefined;
  if (beforeState.tasksCreated === undefined || state.tasksCreated === undefined) return undefined;
  return Math.max(0, state.tasksCreated - beforeState.tasksCreated);
}

function* clockEvents({ clock, state }: CyclePlan): Generator<CollectionEvent> {
  if (!clock.news) return;
  yield {
    kind: 'agent',
    name: clock.stepped ? 'degraded' : 'recovered',
    timestampMillis: state.sampledAtMillis,
    message: clockMessage(clock),
    attributes: {
      'procmond.degraded.reason': 'clock_step',
      'procmond.clock.offset_seconds': clock.offsetMillis / 1000,
    },
  };
}

function* baselineEvents(plan: CyclePlan): Generator<CollectionEvent> {
  const { comparability: compared, state, beforeState } = plan;
  if (compared.kind !== 'baseline') return;
  const timestampMillis = state.sampledAtMillis;
  if (compared.reason === 'scope_changed' && beforeState !== undefined) {
    const differing = compared.differences;
    const pick = (scope: typeof state.scope) => Object.fromEntries(differing.map((part) => [part, scope[part] ?? '']));
    yield {
      kind: 'agent',
      name: 'scope_changed',
      timestampMillis,
      message: `procmond sees other processes than before (${differing.join(', ')} changed)`,
      attributes: { 'procmond.scope.old': pick(beforeState.scope), 'procmond.scope.new': pick(state.scope) },
    };
  }
  yield {
    kind: 'agent',
    name: 'baseline',
    timestampMillis,
    message: BASELINE_MESSAGES[compared.reason],
    attributes: {
      'procmond.baseline.reason': compared.reason,
      'procmond.baseline.processes': plan.enumeration.processes.length,
    },
  };
}

const BASELINE_MESSAGES = {
  first_run: 'first look at this host: what runs is told as observed, nothing as started',
  scope_changed: 'the snapshot before shows other processes: nothing is told as started or stopped',
  boot_unknown: 'whether the host was rebooted cannot be known: nothing is told as started or stopped',
} as const;
