/**
 * What the control socket answers with: JSON, times as ISO 8601 in UTC, units in the names. Server and client share these
 * shapes; a field that is absent does not apply.
 */
import type { BudgetReport } from '../base/observer.ts';
import type { CommittedEvent } from '../event/committed-event.ts';

/** The body of every answer that is no 2xx. */
export interface ErrorAnswer {
  readonly error: {
    /** Stable, lower-case: what a program may act on. */
    readonly code: string;
    /** One sentence: what is wrong, and what would be right. */
    readonly message: string;
    /** Where there are several mistakes. */
    readonly problems?: readonly string[];
    /** Where the path is unknown: those there are. */
    readonly paths?: readonly string[];
  };
}

/** GET /v1/health: 200 while `live` is ok, else 503. */
export interface HealthReport {
  readonly live: ProbeReport;
  readonly ready: ProbeReport;
}

/** As /healthz and /readyz answer. */
export interface ProbeReport {
  readonly status: 'ok' | 'failing';
  readonly message: string;
  /** What the last cycle failed of; absent unless it failed. */
  readonly lastFailure?: string;
}

/** GET /v1/status: what an operator asks first. */
export interface StatusReport {
  readonly version: string;
  readonly pid: number;
  readonly startedAt: string;
  readonly upSeconds: number;
  readonly dataDirectory: string;
  /** Absent when it cannot be read. */
  readonly storeBytes?: number;
  readonly intervalSeconds: number;
  readonly health: HealthReport;
  /** The last one that ended in this run. */
  readonly lastCycle?: LastCycle;
  readonly watched: WatchedReport;
  /** Absent where the system has no capabilities. */
  readonly rights?: RightsReport;
  readonly outbox: OutboxReport;
  /** By topic, since the start. */
  readonly events: Readonly<Record<string, EventCounts>>;
  readonly cost: CostReport;
  /** Absent until it was looked at, a few seconds after the start. */
  readonly budget?: BudgetReport;
  readonly sources: readonly SourceReport[];
}

export interface LastCycle {
  readonly endedSecondsAgo: number;
  /** The last committed one, which may be an earlier one than that which failed. */
  readonly committed?: CycleSummary;
  /** What the last one failed of. */
  readonly failure?: string;
}

/** A committed cycle: POST /v1/cycle, and the last one in the status. */
export interface CycleSummary {
  readonly cycleId: string;
  readonly sampledAt: string;
  readonly durationMillis: number;
  /** Why nothing was compared; absent in an ordinary cycle. */
  readonly baseline?: string;
  /** How far the wall clock is from where it was when this boot was first seen; absent where it is there. */
  readonly clockOffsetSeconds?: number;
  readonly processes: number;
  readonly threads: number;
  readonly observed: number;
  readonly started: number;
  readonly stopped: number;
  readonly changed: number;
  readonly vanished: number;
  /** Whether the maximum of processes per cycle left some without details. */
  readonly truncated: boolean;
  /** For each attribute, how many processes the system denied it for. */
  readonly deniedFields: Readonly<Record<string, number>>;
}

/** Whose processes are in sight, as of the last commit. */
export interface WatchedReport {
  readonly enumerator?: string;
  readonly procRoot?: string;
  readonly hostId?: string;
  readonly pidNamespace?: number;
  /** Who looks, where that decides what is seen (`hidepid`). */
  readonly sight?: string;
  readonly enhancedMetadata: boolean;
  /** 0 = all. */
  readonly maxProcesses: number;
  readonly hashes: boolean;
}

/** Who the daemon is to the kernel. */
export interface RightsReport {
  /** One phrase: its user, and which of the capabilities it has a use for it has and lacks. */
  readonly held: string;
  /** What to do about what the system denies. */
  readonly deniedAdvice: string;
}

/** GET /v1/outbox: what waits to be delivered, and why. */
export interface OutboxReport {
  readonly endpoint: string;
  readonly records: number;
  readonly bytes: number;
  readonly maxBytes: number;
  readonly oldestAgeSeconds?: number;
  /** In the order of their oldest records. */
  readonly topics: readonly TopicReport[];
  /** Refused for good by the endpoint. */
  readonly deadLetters: number;
  /** Dead letters that are being sent once more; they count as records. */
  readonly retrying: number;
  /** Why the last of them was refused. */
  readonly lastRefusal?: string;
  /** By topic and reason, since the start; absent where nothing was given up. */
  readonly givenUp?: readonly GivenUpReport[];
  /** Absent while delivery flows. */
  readonly blocked?: BlockReport;
}

export interface TopicReport {
  readonly topic: string;
  readonly records: number;
  readonly bytes: number;
  readonly oldestAgeSeconds: number;
}

/** `records` with numbers within [`first`, `last`] will not be delivered. */
export interface GivenUpReport {
  readonly topic: string;
  readonly reason: 'outbox_full' | 'expired' | 'damaged';
  readonly records: number;
  readonly first: number;
  readonly last: number;
}

export interface BlockReport {
  readonly reason: string;
  readonly message: string;
  readonly retryInSeconds: number;
}

export interface EventCounts {
  readonly emitted: number;
  readonly acknowledged: number;
  readonly rejected: number;
  /** Given up to keep the outbox within its bound. */
  readonly discarded: number;
  /** Given up because they had waited longer than they may. */
  readonly expired: number;
}

/** Of procmond itself. */
export interface CostReport {
  readonly cpuSeconds: number;
  /** Of one core, over the time between the last two cycles; since the start before there were two. */
  readonly cpuPercent: number;
  /** Mapped pages of the store included; absent where the system does not tell. */
  readonly residentBytes?: number;
  /** Timers, sockets, servers and requests that are open, this question's own included. */
  readonly activeResources: number;
}

/** GET /v1/capabilities, and in the status. */
export interface SourceReport {
  readonly name: string;
  readonly capabilities: readonly string[];
  readonly health: { readonly healthy: boolean; readonly message: string };
}

/** GET /v1/config. */
export interface SettingReport {
  readonly name: string;
  /** Secrets masked. */
  readonly value: string;
  readonly origin: string;
}

/** PUT /v1/interval. */
export interface IntervalReport {
  readonly seconds: number;
  readonly before: number;
}

/** POST /v1/reload. */
export interface ReloadReport {
  readonly applied: readonly ChangedSetting[];
  readonly needRestart: readonly ChangedSetting[];
  readonly notes: readonly string[];
}

export interface ChangedSetting {
  readonly name: string;
  readonly before: string;
  readonly after: string;
}

/** POST /v1/outbox/retry. */
export interface RetryReport {
  /** How many dead letters are to be sent once more that were not already. */
  readonly retried: number;
}

/** The body of POST /v1/triggers: an analysis that a source is asked for. One of `pid` and `path` says of what. */
export interface AnalysisRequest {
  readonly target: string;
  readonly analysisType: string;
  readonly priority: string;
  readonly pid?: number;
  readonly path?: string;
  readonly correlationId?: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** POST /v1/triggers, 202: the request was recorded. */
export interface AnalysisReceipt {
  readonly triggerId: string;
  readonly target: string;
  /** What the answer bears. */
  readonly correlationId: string;
  /** Whether a source of this procmond has it; otherwise it is left to who reads the topic. */
  readonly delivered: boolean;
}

/** What GET /v1/events subscribes to when nobody says what. */
export const ALL_TOPICS = 'collector/#';

/** A line of GET /v1/events. */
export type EventLine = CommittedEvent | DroppedEvents;

/** So many events are missing before the next line, since they were not read in time. */
export interface DroppedEvents {
  readonly dropped: number;
}
