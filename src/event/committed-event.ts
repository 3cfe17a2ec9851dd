import type { EventAttributes } from './collection-event.ts';

/** A committed event as subscribers see it: what its log record says, redacted as that is. */
export interface CommittedEvent {
  readonly topic: string;
  readonly eventName: string;
  /** Sequence number over all sources and topics. */
  readonly seq: number;
  /** UUIDv7, the same on every delivery of the record. */
  readonly uid: string;
  /** Absent outside a cycle, and on what happens to procmond itself. */
  readonly cycleId?: string;
  /** When it happened, or was sampled; epoch milliseconds. */
  readonly timestampMillis: number;
  /** Epoch milliseconds. */
  readonly observedAtMillis: number;
  /** 1 to 24, of the log data model; 0 where the record has none. */
  readonly severityNumber: number;
  readonly body: string;
  /** All of the record, those that are told above included. */
  readonly attributes: EventAttributes;
}
