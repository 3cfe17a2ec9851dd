import type { FindingEvent, FindingSeverity, TriggerRequestedEvent } from '../../event/collection-event.ts';
import type { TriggerPriority } from '../../event/trigger-request.ts';
import { describeProcess } from '../describe-process.ts';
import type { CyclePlan } from '../snapshot-tracker.ts';
import type { Finding } from './find.ts';

export function findingEvent({ rule, process, evidence }: Finding, plan: CyclePlan): FindingEvent {
  const parentName = plan.enumeration.byPid.get(process.ppid)?.comm;
  return {
    kind: 'finding',
    rule: rule.about,
    process: describeProcess(process, process, plan.context),
    ...(parentName !== undefined && { parentName }),
    timestampMillis: plan.state.sampledAtMillis,
    message: `${process.comm} (${process.pid}) ${evidence.what}`,
    attributes: evidence.attributes ?? {},
  };
}

/** What a rule asks of another source about the process it found; undefined when it asks nothing. */
export function triggerEvent(
  { rule, process }: Finding,
  plan: CyclePlan,
  newTriggerId: () => string,
): TriggerRequestedEvent | undefined {
  if (rule.trigger === undefined) return undefined;
  const { id, severity } = rule.about;
  return {
    kind: 'trigger',
    timestampMillis: plan.state.sampledAtMillis,
    request: {
      triggerId: newTriggerId(),
      target: rule.trigger.target,
      analysisType: rule.trigger.analysisType,
      priority: PRIORITIES[severity],
      process: { pid: process.pid, startTicks: process.startTicks },
      correlationId: `finding:${id}:${process.pid}:${process.startTicks}`,
      metadata: { 'procmond.cycle.id': plan.state.cycleId, 'security_rule.name': id },
      requestedAtMillis: plan.state.sampledAtMillis,
    },
  };
}

const PRIORITIES: Readonly<Record<FindingSeverity, TriggerPriority>> = {
  low: 'low',
  medium: 'normal',
  high: 'high',
  critical: 'critical',
};
