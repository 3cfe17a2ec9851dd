import { hash } from 'node:crypto';
import type { ProcessDetails } from '../../../event/process-row.ts';
import type { Redactor } from '../../redact/redactor.ts';
import type { Process } from '../enumerator.ts';
import type { ListedProcess } from './parse-reading.ts';
import { type ReadableText, readableCommandLine, readableName, readablePath } from './readable-text.ts';
import { isSameLife, type ReadingTimes, type Sighting } from './same-life.ts';

export interface SampleContext {
  readonly times: ReadingTimes;
  readonly redactor: Redactor;
  /** Of all cores, where the reading before this one was made by the same reader; undefined where not. */
  readonly cpuCount: number | undefined;
}

/** One identity as long as it lives; `sample` brings it up to date in place. */
export class TrackedProcess implements Process {
  readonly pid: number;
  readonly startTicks: number;
  readonly kernelThread = false;
  ppid = 0;
  comm = '';
  commEscaped = false;
  stateCode: string | undefined;
  nice: number | undefined;
  virtualMemoryBytes: number | undefined;
  rssBytes: number | undefined;
  cpuUtilization: number | undefined;
  refreshedAtMillis: number | undefined;
  details: ProcessDetails | undefined;

  /** When it was last listed, and its start as it was told then. */
  #seen: Sighting | undefined;
  #listed: ListedProcess | undefined;
  #name = '';
  #nameRedaction = '';
  #detailsDigest = '';

  constructor(pid: number, startTicks: number) {
    this.pid = pid;
    this.startTicks = startTicks;
  }

  /** Whether what is listed now under its pid is this process. */
  isStill({ startedMillis }: ListedProcess, times: ReadingTimes): boolean {
    return this.#seen !== undefined && isSameLife(this.#seen, { startedMillis, times });
  }

  sample(listed: ListedProcess, { times, redactor, cpuCount }: SampleContext): void {
    // The share counts from the reading before, so this one has to have been in it.
    const { cpuShare } = listed;
    const comparable = this.#seen !== undefined && cpuCount !== undefined && cpuShare !== undefined;
    this.cpuUtilization = comparable ? cpuShare * cpuCount : undefined;
    this.ppid = listed.ppid;
    this.stateCode = listed.stateCode;
    this.nice = listed.nice;
    this.virtualMemoryBytes = listed.virtualMemoryBytes;
    this.rssBytes = listed.rssBytes;
    this.#seen = { startedMillis: listed.startedMillis, times };
    this.#listed = listed;
    this.#sampleName(listed.name, redactor);
  }

  /**
   * Makes the details from what was last listed: the same object while nothing in it changed, so that the diff can go by
   * reference.
   */
  enrich(redactor: Redactor): void {
    const listed = this.#listed;
    if (listed === undefined) return;
    const digest = digestOf(listed, redactor);
    if (this.details === undefined || this.#detailsDigest !== digest) this.details = detailsOf(listed, redactor);
    this.#detailsDigest = digest;
    this.refreshedAtMillis = this.#seen?.times.endedAt.wallMillis;
    // Raw text is not kept.
    this.#listed = undefined;
  }

  /** Leaves it with identity and figures: it is beyond the limit. */
  impoverish(): void {
    this.details = undefined;
    this.refreshedAtMillis = undefined;
    this.#listed = undefined;
  }

  #sampleName(raw: string, redactor: Redactor): void {
    const name = hash('sha256', raw, 'base64');
    if (name === this.#name && redactor.version === this.#nameRedaction) return;
    const { value, escaped } = readableName(raw, redactor);
    this.comm = value;
    this.commEscaped = escaped;
    this.#name = name;
    this.#nameRedaction = redactor.version;
  }
}

/** Tells whether anything that goes into the details changed, without keeping it. */
function digestOf({ commandLine, executablePath, userName, userId }: ListedProcess, redactor: Redactor): string {
  return hash('sha256', JSON.stringify([redactor.version, commandLine, executablePath, userName, userId]), 'base64');
}

function detailsOf(listed: ListedProcess, redactor: Redactor): ProcessDetails {
  const commandLine = listed.commandLine && readableCommandLine(listed.commandLine, redactor);
  const path = listed.executablePath && readablePath(listed.executablePath, redactor);
  const user = listed.userName && readableName(listed.userName, redactor);
  const texts: readonly (readonly [string, ReadableText | '' | undefined])[] = [
    ['process.command_line', commandLine],
    ['process.executable.path', path],
    ['process.owner', user],
  ];
  const escapedFields = texts.flatMap(([attribute, text]) => (text && text.escaped ? [attribute] : []));
  const truncatedFields = texts.flatMap(([attribute, text]) =>
    text && text.cut && text !== commandLine ? [attribute] : [],
  );
  return {
    ...(commandLine && { commandLineText: commandLine.value }),
    ...(commandLine && (commandLine.cut || listed.commandLineCut) && { argsTruncated: true }),
    ...(path && { executablePath: path.value }),
    ...(user && { userName: user.value }),
    ...(listed.userId !== undefined && { userId: listed.userId }),
    ...(escapedFields.length > 0 && { escapedFields }),
    ...(truncatedFields.length > 0 && { truncatedFields }),
    redaction: redactor.version,
    redactions: texts.reduce((sum, [, text]) => sum + ((text && text.redactions) || 0), 0),
  };
}
