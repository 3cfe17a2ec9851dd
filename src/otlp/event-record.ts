import { SeverityNumber } from '@opentelemetry/api-logs';
import { ProcmondError } from '../base/errors.ts';
import type {
  AgentEvent,
  AttributeValue,
  ChangeValue,
  CollectionEvent,
  CycleCompletedEvent,
  EventAttributes,
  FindingEvent,
  FindingSeverity,
  ForeignEvent,
  ProcessCollectionEvent,
  TriggerRequestedEvent,
} from '../event/collection-event.ts';
import type { ProcessEvent } from '../event/process-event.ts';
import { PROCESS_FIELDS } from '../event/process-fields.ts';
import type { TriggerRequest } from '../event/trigger-request.ts';
import { triggerSubject } from '../event/trigger-subject.ts';
import { topicProblem } from '../topics/topic.ts';
import {
  AGENT_HEALTH_TOPIC,
  PROCESS_CYCLES_TOPIC,
  PROCESS_EVENTS_TOPIC,
  PROCESS_FINDINGS_TOPIC,
  PROCESS_LIFECYCLE_TOPIC,
} from '../topics/topic-table.ts';
import { triggerTopic } from '../topics/trigger-topic.ts';
import { cycleBody, displayBody, findingBody, processBody, triggerBody } from './event-body.ts';
import { fitAttributes, MAX_ATTRIBUTES } from './fit-attributes.ts';

/** An event in the shape of a log record, before it has a sequence number. */
export interface EventRecord {
  readonly topic: string;
  readonly eventName: string;
  readonly timestampMillis: number;
  readonly severityNumber: SeverityNumber;
  readonly body: string;
  readonly attributes: Record<string, AttributeValue>;
}

/** OTLP counts nanoseconds in 64 bits: until the year 2554. */
const MAX_TIME_MILLIS = 2 ** 64 / 1e6;

/** At most this far before the sample may a start be dated: backends refuse lines much older than the newest of a stream. */
const MAX_BACKDATING_MILLIS = 600_000;

/**
 * @param maxRecordBytes of the record as OTLP/JSON
 * @throws {ProcmondError} EVENT_INVALID for a source's own event that breaks the limits of a record
 */
export function toEventRecord(
  event: CollectionEvent,
  cycleId: string | undefined,
  maxRecordBytes?: number,
): EventRecord {
  const record = recordOf(event, cycleId);
  return { ...record, attributes: fitAttributes(record.attributes, record.body, maxRecordBytes) };
}

function recordOf(event: CollectionEvent, cycleId: string | undefined): EventRecord {
  switch (event.kind) {
    case 'process':
      return processRecord(event, cycleId);
    case 'finding':
      return findingRecord(event, cycleId);
    case 'trigger':
      return triggerRecord(event, cycleId);
    case 'cycle':
      return cycleRecord(event, cycleId);
    case 'agent':
      return agentRecord(event);
    case 'network':
    case 'filesystem':
    case 'performance':
      return foreignRecord(event, cycleId);
  }
}

function processRecord(event: ProcessCollectionEvent, cycleId: string | undefined): EventRecord {
  const topic = event.action === 'observed' ? PROCESS_EVENTS_TOPIC : PROCESS_LIFECYCLE_TOPIC;
  const attributes = envelope(topic, cycleId);
  addProcess(event.process, attributes);
  addLifecycle(event, attributes);
  const body = processBody(event);
  return {
    topic,
    eventName: `procmond.process.${event.action}`,
    timestampMillis: processTimestamp(event),
    severityNumber: SeverityNumber.INFO,
    body,
    attributes,
  };
}

function addProcess(process: ProcessEvent, attributes: Record<string, AttributeValue>): void {
  const metadata = process.platformMetadata ?? {};
  for (const field of PROCESS_FIELDS) {
    const value = field.read(process, metadata);
    if (value === undefined || value === field.usual) continue;
    if (field.sameAs !== undefined && attributes[field.sameAs] === value) continue;
    attributes[field.attribute] = value;
  }
}

function addLifecycle(event: ProcessCollectionEvent, attributes: Record<string, AttributeValue>): void {
  switch (event.action) {
    case 'observed':
      return;
    case 'started':
      attributes['procmond.lifecycle.cause'] = event.cause;
      return;
    case 'stopped':
      attributes['procmond.lifecycle.cause'] = event.cause;
      attributes['procmond.exit.not_before'] = new Date(event.exitNotBeforeMillis).toISOString();
      attributes['process.exit.time'] = new Date(event.exitNotAfterMillis).toISOString();
      attributes['procmond.exit.estimated'] = true;
      if (event.runTimeMillis !== undefined) {
        attributes['procmond.process.run_time_seconds'] = event.runTimeMillis / 1000;
      }
      return;
    case 'changed': {
      const old: Record<string, ChangeValue> = {};
      const fresh: Record<string, ChangeValue> = {};
      for (const change of event.changes) {
        old[change.field] = change.old;
        fresh[change.field] = change.new;
      }
      attributes['procmond.lifecycle.cause'] = event.cause;
      attributes['procmond.change.fields'] = event.changes.map((change) => change.field);
      attributes['procmond.change.old'] = old;
      attributes['procmond.change.new'] = fresh;
    }
  }
}

/** The sample time; for a start that was seen, the creation time as far back as backends take it. */
function processTimestamp(event: ProcessCollectionEvent): number {
  const { timestamp, startTime } = event.process;
  if (event.action !== 'started' || event.cause !== 'live' || startTime === undefined) return timestamp;
  const earliest = Math.max(event.previousSampleMillis ?? 0, timestamp - MAX_BACKDATING_MILLIS);
  return Math.min(timestamp, Math.max(earliest, startTime));
}

const FINDING_SEVERITY_NUMBERS: Readonly<Record<FindingSeverity, SeverityNumber>> = {
  low: SeverityNumber.WARN,
  medium: SeverityNumber.WARN2,
  high: SeverityNumber.ERROR,
  critical: SeverityNumber.FATAL,
};

function findingRecord(event: FindingEvent, cycleId: string | undefined): EventRecord {
  const { rule, process } = event;
  const attributes = envelope(PROCESS_FINDINGS_TOPIC, cycleId);
  if (process !== undefined) addProcess(process, attributes);
  Object.assign(attributes, event.attributes, {
    'security_rule.name': rule.id,
    'security_rule.description': rule.description,
    'security_rule.category': rule.category,
    'procmond.finding.severity': rule.severity,
    ...(rule.techniques.length > 0 && { 'procmond.finding.techniques': rule.techniques }),
  });
  const body = findingBody(event);
  return {
    topic: PROCESS_FINDINGS_TOPIC,
    eventName: 'procmond.process.finding',
    timestampMillis: event.timestampMillis,
    severityNumber: FINDING_SEVERITY_NUMBERS[rule.severity],
    body,
    attributes,
  };
}

function cycleRecord(event: CycleCompletedEvent, cycleId: string | undefined): EventRecord {
  const attributes = envelope(PROCESS_CYCLES_TOPIC, cycleId);
  Object.assign(attributes, {
    'procmond.cycle.events': event.events,
    'procmond.cycle.processes': event.processes,
    'procmond.cycle.observed': event.observed,
    'procmond.cycle.started': event.started,
    'procmond.cycle.stopped': event.stopped,
    'procmond.cycle.changed': event.changed,
    'procmond.cycle.findings': event.findings,
    'procmond.cycle.triggers': event.triggers,
    'procmond.cycle.rule_errors': event.ruleErrors,
    'procmond.cycle.denied_fields': event.deniedFields,
    'procmond.cycle.vanished': event.vanished,
    'procmond.cycle.truncated': event.truncated,
    'procmond.cycle.inventory': event.inventory,
    'procmond.cycle.duration_ms': event.durationMillis,
    'procmond.cycle.refresh_cycles': event.refreshCycles,
  });
  if (event.tasksCreated !== undefined) attributes['procmond.cycle.tasks_created'] = event.tasksCreated;
  return {
    topic: PROCESS_CYCLES_TOPIC,
    eventName: 'procmond.cycle.completed',
    timestampMillis: event.timestampMillis,
    severityNumber: SeverityNumber.INFO,
    body: cycleBody(event),
    attributes,
  };
}

/** Of a request that the Collector has found valid. */
function triggerRecord({ request, timestampMillis }: TriggerRequestedEvent, cycleId: string | undefined): EventRecord {
  const topic = triggerTopic(request.target);
  const body = triggerBody(request);
  return {
    topic,
    eventName: 'procmond.trigger.requested',
    timestampMillis,
    severityNumber: SeverityNumber.INFO,
    body,
    attributes: { ...envelope(topic, cycleId), ...triggerAttributes(request) },
  };
}

function triggerAttributes(request: TriggerRequest): Record<string, AttributeValue> {
  const attributes: Record<string, AttributeValue> = {
    'procmond.trigger.id': request.triggerId,
    'procmond.trigger.target': request.target,
    'procmond.trigger.analysis_type': request.analysisType,
    'procmond.trigger.priority': request.priority,
    'procmond.trigger.correlation_id': request.correlationId,
    'procmond.trigger.requested_time': new Date(request.requestedAtMillis).toISOString(),
    ...triggerSubject(request),
  };
  if (Object.keys(request.metadata).length > 0) attributes['procmond.trigger.metadata'] = request.metadata;
  return attributes;
}

function agentRecord(event: AgentEvent): EventRecord {
  const warns = event.name === 'degraded' || event.name === 'state_lost' || event.name === 'events_discarded';
  const body = displayBody(event.message);
  return {
    topic: AGENT_HEALTH_TOPIC,
    eventName: `procmond.agent.${event.name}`,
    timestampMillis: event.timestampMillis,
    severityNumber: warns ? SeverityNumber.WARN : SeverityNumber.INFO,
    body,
    attributes: { ...event.attributes, ...envelope(AGENT_HEALTH_TOPIC, undefined) },
  };
}

function foreignRecord(event: ForeignEvent, cycleId: string | undefined): EventRecord {
  // The envelope goes last: a source's own attribute must not send its record elsewhere.
  const attributes = { ...event.attributes, ...envelope(event.topic, cycleId) };
  const problem = foreignProblem(event, attributes);
  if (problem !== undefined) {
    const what = `event ${JSON.stringify(event.eventName)} on topic ${JSON.stringify(event.topic)}`;
    throw new ProcmondError('EVENT_INVALID', `cannot publish ${what}: ${problem}`);
  }
  const body = displayBody(event.body);
  return {
    topic: event.topic,
    eventName: event.eventName,
    timestampMillis: event.timestampMillis,
    // oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- event/ knows the data model's numbers, not the enum
    severityNumber: event.severityNumber,
    body,
    attributes,
  };
}

/** What would make a record that no endpoint takes: once committed, it would stand in the way of those behind it. */
function foreignProblem(event: ForeignEvent, attributes: EventAttributes): string | undefined {
  const { timestampMillis, severityNumber } = event;
  const wrongTopic = topicProblem(event.topic);
  if (wrongTopic !== undefined) return `in the topic, ${wrongTopic}`;
  if (typeof event.eventName !== 'string' || event.eventName === '') return 'it has no event name';
  if (typeof event.body !== 'string') return 'its body is not a string';
  if (!(timestampMillis >= 0 && timestampMillis <= MAX_TIME_MILLIS)) return `its timestamp is ${timestampMillis}`;
  if (!(Number.isInteger(severityNumber) && severityNumber >= 1 && severityNumber <= 24)) {
    return `its severity number is ${severityNumber}, it must be a whole number from 1 to 24`;
  }
  const count = Object.keys(attributes).length;
  if (count > MAX_ATTRIBUTES) return `it has ${count} attributes, at most ${MAX_ATTRIBUTES} are allowed`;
  const wrong = Object.entries(attributes).find(([, value]) => !isAttributeValue(value));
  return wrong === undefined ? undefined : `attribute ${JSON.stringify(wrong[0])} has a value that no record can hold`;
}

function isAttributeValue(value: unknown): boolean {
  if (isChangeValue(value)) return true;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.values(value).every(isChangeValue);
}

function isChangeValue(value: unknown): boolean {
  if (Array.isArray(value)) return value.every((item) => typeof item === 'string');
  return typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value);
}

function envelope(topic: string, cycleId: string | undefined): Record<string, AttributeValue> {
  return cycleId === undefined
    ? { 'procmond.topic': topic }
    : { 'procmond.topic': topic, 'procmond.cycle.id': cycleId };
}
