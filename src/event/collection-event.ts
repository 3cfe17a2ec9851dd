import type { ProcessEvent } from './process-event.ts';
import type { TriggerRequest } from './trigger-request.ts';

/** What an event source hands to its sink: one fact each. `kind` tells which. */
export type CollectionEvent =
  | ProcessCollectionEvent
  | FindingEvent
  | TriggerRequestedEvent
  | CycleCompletedEvent
  | AgentEvent
  | ForeignEvent;

export type ProcessCollectionEvent = ProcessObserved | ProcessStarted | ProcessStopped | ProcessChanged;

/** Why a start, stop or change is told now: seen happen, happened while procmond did not run, or the host was rebooted. */
export type LifecycleCause = 'live' | 'while_down' | 'reboot';

interface ProcessFact {
  readonly kind: 'process';
  readonly process: ProcessEvent;
  /** The parent's name, for the sentence people read; absent when it is not in the snapshot. */
  readonly parentName?: string;
}

export interface ProcessObserved extends ProcessFact {
  readonly action: 'observed';
}

export interface ProcessStarted extends ProcessFact {
  readonly action: 'started';
  readonly cause: LifecycleCause;
  /** When the cycle before this one was sampled, epoch milliseconds. */
  readonly previousSampleMillis?: number;
}

/** `process` is the last known state; its `timestamp` is this cycle's sample time. */
export interface ProcessStopped extends ProcessFact {
  readonly action: 'stopped';
  readonly cause: LifecycleCause;
  /** It was still seen at this time, epoch milliseconds. */
  readonly exitNotBeforeMillis: number;
  /** It was gone by this time, epoch milliseconds. */
  readonly exitNotAfterMillis: number;
  /** It ran at most so long, whatever steps the wall clock made meanwhile; absent where its start is unknown. */
  readonly runTimeMillis?: number;
}

export interface ProcessChanged extends ProcessFact {
  readonly action: 'changed';
  readonly cause: LifecycleCause;
  readonly changes: readonly FieldChange[];
}

export type ChangeValue = string | number | boolean | readonly string[];

export interface FieldChange {
  /** The attribute's name. */
  readonly field: string;
  readonly old: ChangeValue;
  readonly new: ChangeValue;
}

/** From the least to the worst; severity numbers 13, 14, 17 and 21 of a log record. */
export const FINDING_SEVERITIES = ['low', 'medium', 'high', 'critical'] as const;

export type FindingSeverity = (typeof FINDING_SEVERITIES)[number];

/** What people see of a rule. */
export interface FindingRule {
  /** Kebab-case; never reused for another meaning. */
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly category: string;
  readonly severity: FindingSeverity;
  /** MITRE ATT&CK ids, where one fits. */
  readonly techniques: readonly string[];
}

/** A rule matched, once per identity and rule. */
export interface FindingEvent {
  readonly kind: 'finding';
  readonly rule: FindingRule;
  /** Absent where what was found is that there is none. */
  readonly process?: ProcessEvent;
  /** As in other events of a process. */
  readonly parentName?: string;
  readonly timestampMillis: number;
  /** One sentence. */
  readonly message: string;
  /** What the rule went by, beyond the fields of the process. */
  readonly attributes: EventAttributes;
}

/** Analysis asked of another source. */
export interface TriggerRequestedEvent {
  readonly kind: 'trigger';
  readonly timestampMillis: number;
  readonly request: TriggerRequest;
}

/** The last record of a cycle: with `events` a receiver can prove that it holds the whole cycle. */
export interface CycleCompletedEvent {
  readonly kind: 'cycle';
  readonly timestampMillis: number;
  /** How many records carry this cycle's id, this one included. */
  readonly events: number;
  readonly processes: number;
  readonly observed: number;
  readonly started: number;
  readonly stopped: number;
  readonly changed: number;
  readonly findings: number;
  readonly triggers: number;
  /** Conditions of own rules that could not be evaluated for a process. */
  readonly ruleErrors: number;
  /** Fields the system refused, summed over all processes. */
  readonly deniedFields: number;
  /** Processes in the listing that were gone before they could be read. */
  readonly vanished: number;
  readonly truncated: boolean;
  readonly inventory: boolean;
  readonly durationMillis: number;
  /** Tasks (processes and threads) the kernel created since the last cycle, whole host. */
  readonly tasksCreated?: number;
  /** The longest that a refreshed field of an unchanged process can be out of date, in cycles. */
  readonly refreshCycles: number;
}

/**
 * Asks for an analysis. The Collector publishes it and hands it to the source that can answer; one that repeats another,
 * or comes too often, is refused (see `TriggerDecision`) and not published.
 */
export interface TriggerRequestedEvent {
  readonly kind: 'trigger';
  readonly timestampMillis: number;
  readonly request: TriggerRequest;
}

export type AgentEventName =
  | 'started'
  | 'stopped'
  | 'degraded'
  | 'recovered'
  | 'state_lost'
  | 'scope_changed'
  | 'baseline'
  | 'events_discarded';

/** What happens to procmond itself. */
export interface AgentEvent {
  readonly kind: 'agent';
  readonly name: AgentEventName;
  readonly timestampMillis: number;
  /** One sentence for a person. */
  readonly message: string;
  readonly attributes: EventAttributes;
}

/** Facts of other sources, already in the shape of a log record. */
export interface ForeignEvent {
  readonly kind: 'network' | 'filesystem' | 'performance';
  readonly topic: string;
  readonly eventName: string;
  readonly timestampMillis: number;
  readonly severityNumber: number;
  readonly body: string;
  readonly attributes: EventAttributes;
}

export type AttributeValue = string | number | boolean | readonly string[] | { readonly [key: string]: ChangeValue };

export type EventAttributes = Readonly<Record<string, AttributeValue>>;
