export const ANALYSIS_TYPES = [
  'binary_hash',
  'memory_analysis',
  'yara_scan',
  'network_analysis',
  'behavioral_analysis',
] as const;

/** What is asked for; an analysis nobody has thought of yet is `custom:` and a name in kebab-case. */
export type AnalysisType = (typeof ANALYSIS_TYPES)[number] | `custom:${string}`;

/** From the one that has to wait to the one that goes first. */
export const TRIGGER_PRIORITIES = ['low', 'normal', 'high', 'critical'] as const;

export type TriggerPriority = (typeof TRIGGER_PRIORITIES)[number];

/** Asks a source of this procmond, or whoever reads the topic, to look closer at one process or one file. */
export interface TriggerRequest {
  /** UUIDv7. */
  readonly triggerId: string;
  /** Name of the source that is asked, also the last segment of the topic: `binary-hasher`. */
  readonly target: string;
  readonly analysisType: AnalysisType;
  readonly priority: TriggerPriority;
  readonly process?: TriggeredProcess;
  /** A file by its path, absolute; only where there is no process. */
  readonly path?: string;
  /** 1 to 256 bytes, anyone's choice; the answer bears it. */
  readonly correlationId: string;
  /** At most 100 entries, 65,536 bytes together. Told as it is: it must hold no secret. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Epoch milliseconds. */
  readonly requestedAtMillis: number;
}

/** The process that is meant. Pid and start ticks tell it from every other of this boot; the rest is for who reads the record. */
export interface TriggeredProcess {
  readonly pid: number;
  readonly startTicks: number;
  readonly cpid?: string;
  /** Epoch milliseconds. */
  readonly creationTimeMillis?: number;
}

/** One thing that is wrong with a request. */
export interface TriggerProblem {
  /** `process.pid`, `metadata`, ... */
  readonly field: string;
  /** What stands there, as text that fits in a message. */
  readonly value: string;
  /** What it has to be. */
  readonly why: string;
}

const MAX_TARGET_BYTES = 64;
const MAX_PATH_BYTES = 4_096;
const MAX_CORRELATION_BYTES = 256;
const MAX_METADATA_ENTRIES = 100;
const MAX_METADATA_BYTES = 65_536;

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const SOURCE_NAME = /^[a-z0-9][a-z0-9-]*$/;
const CUSTOM_ANALYSIS = /^custom:[a-z0-9]+(-[a-z0-9]+)*$/;

/** All that is wrong with a request, whoever made it and in whatever language; empty when it can be published. */
export function triggerProblems(request: TriggerRequest): readonly TriggerProblem[] {
  const { triggerId, target, analysisType, priority, correlationId, requestedAtMillis } = request;
  return [
    problem('triggerId', triggerId, isText(triggerId, UUID_V7), 'must be a UUIDv7 in lower case'),
    problem(
      'target',
      target,
      isTarget(target),
      `must be a name of lower-case letters, digits and "-", of at most ${MAX_TARGET_BYTES} bytes`,
    ),
    problem(
      'analysisType',
      analysisType,
      isAnalysisType(analysisType),
      `must be one of ${ANALYSIS_TYPES.join(', ')}, or custom: and a name in kebab-case`,
    ),
    problem(
      'priority',
      priority,
      TRIGGER_PRIORITIES.includes(priority),
      `must be one of ${TRIGGER_PRIORITIES.join(', ')}`,
    ),
    ...subjectProblems(request),
    problem(
      'correlationId',
      correlationId,
      isBounded(correlationId, MAX_CORRELATION_BYTES),
      `must be a text of 1 to ${MAX_CORRELATION_BYTES} bytes`,
    ),
    ...metadataProblems(request.metadata),
    problem('requestedAtMillis', requestedAtMillis, isTime(requestedAtMillis), 'must be a time in epoch milliseconds'),
  ].filter((found) => found !== undefined);
}

function subjectProblems({ process, path }: TriggerRequest): (TriggerProblem | undefined)[] {
  if (process === undefined && path === undefined) {
    return [problem('process', undefined, false, 'must be there, or path: there is nothing to look at')];
  }
  if (process === undefined) {
    return [problem('path', path, isPath(path), `must be an absolute path of at most ${MAX_PATH_BYTES} bytes`)];
  }
  if (typeof process !== 'object' || process === null) {
    return [problem('process', process, false, 'must hold pid and startTicks')];
  }
  const { pid, startTicks, cpid, creationTimeMillis } = process;
  return [
    problem('path', path, path === undefined, 'must not be there beside process: one subject a request'),
    problem('process.pid', pid, isCount(pid) && pid > 0, 'must be a whole number above 0'),
    problem('process.startTicks', startTicks, isCount(startTicks), 'must be a whole number of clock ticks'),
    problem('process.cpid', cpid, cpid === undefined || isBounded(cpid, MAX_CORRELATION_BYTES), 'must be a UUID'),
    problem(
      'process.creationTimeMillis',
      creationTimeMillis,
      creationTimeMillis === undefined || isTime(creationTimeMillis),
      'must be a time in epoch milliseconds',
    ),
  ];
}

function metadataProblems(metadata: unknown): (TriggerProblem | undefined)[] {
  if (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata)) {
    return [problem('metadata', metadata, false, 'must be an object, empty where there is none')];
  }
  const entries = Object.entries(metadata);
  const wrong = entries.find(([, value]) => typeof value !== 'string');
  if (wrong !== undefined) return [problem(`metadata.${wrong[0]}`, wrong[1], false, 'must be a text')];
  const bytes = entries.reduce((sum, [key, value]) => sum + byteLength(key) + byteLength(value), 0);
  return [
    problem(
      'metadata',
      `${entries.length} entries`,
      entries.length <= MAX_METADATA_ENTRIES,
      `must have at most ${MAX_METADATA_ENTRIES} entries`,
    ),
    problem(
      'metadata',
      `${bytes} bytes`,
      bytes <= MAX_METADATA_BYTES,
      `must have at most ${MAX_METADATA_BYTES} bytes, keys included`,
    ),
  ];
}

function problem(field: string, value: unknown, right: boolean, why: string): TriggerProblem | undefined {
  return right ? undefined : { field, value: valueText(value), why };
}

const MAX_VALUE_LENGTH = 100;

function valueText(value: unknown): string {
  const text = value === undefined ? 'absent' : (JSON.stringify(value) ?? typeof value);
  return text.length <= MAX_VALUE_LENGTH ? text : `${text.slice(0, MAX_VALUE_LENGTH).toWellFormed()}...`;
}

function isAnalysisType(value: unknown): boolean {
  return ANALYSIS_TYPES.includes(value as (typeof ANALYSIS_TYPES)[number]) || isText(value, CUSTOM_ANALYSIS);
}

function isTarget(value: unknown): boolean {
  return isText(value, SOURCE_NAME) && isBounded(value, MAX_TARGET_BYTES);
}

function isPath(value: unknown): boolean {
  return isBounded(value, MAX_PATH_BYTES) && isText(value, /^\/[^\0]*$/);
}

function isText(value: unknown, pattern: RegExp): boolean {
  return typeof value === 'string' && pattern.test(value);
}

function isBounded(value: unknown, maxBytes: number): boolean {
  return typeof value === 'string' && value !== '' && byteLength(value) <= maxBytes;
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** What `Date` can hold. */
const MAX_TIME_MILLIS = 8.64e15;

function isTime(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && value <= MAX_TIME_MILLIS;
}

function byteLength(text: string): number {
  return Buffer.byteLength(text);
}
