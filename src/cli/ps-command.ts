import { randomBytes } from 'node:crypto';
import { readlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import type { Config } from '../config/config.ts';
import { readHostId } from '../otlp/host-resource.ts';
import { describeProcess } from '../process/describe-process.ts';
import { enumeratorKind, systemEnumerator } from '../process/enumerate/system-enumerator.ts';
import { NameDatabase } from '../process/name-database.ts';
import { createRedactor, KEY_BYTES } from '../process/redact/redactor.ts';
import { type ProcessOutputs, printProcesses } from './print-processes.ts';

/** Between the two readings that CPU use is the difference of. */
const SAMPLE_MILLIS = 500;

/** `procmond ps`: processes, read now, through the same reader and redaction as the daemon's. Returns the exit code. */
export async function psCommand({
  config,
  redactPatterns,
  words,
  clock,
  signal,
  ...outputs
}: ProcessOutputs & {
  readonly config: Config;
  /** Regular expressions of what is hidden besides. */
  readonly redactPatterns: readonly string[];
  readonly words: readonly string[];
  readonly clock: Clock;
  readonly signal: AbortSignal;
}): Promise<0 | 1> {
  const enumerator = systemEnumerator({
    mode: config.enumerator,
    procRoot: config.procRoot,
    clock,
    hostId: readHostId(config.machineIdFile),
  });
  const users = new NameDatabase(config.passwdFile);
  const groups = new NameDatabase(config.groupFile);
  users.refresh();
  groups.refresh();
  const request = {
    redactor: createRedactor(config.commandLine, {
      // Nothing of the store is read here: marks of one print compare with each other, and with nothing else.
      key: config.redactFingerprints ? randomBytes(KEY_BYTES) : undefined,
      patterns: redactPatterns,
      limits: config,
    }),
    enhanced: config.collectEnhancedMetadata,
    maxEnriched: config.maxProcessesPerCycle,
    refreshCycles: 0,
    usageAtOnce: true,
    countFileDescriptors: config.countFileDescriptors,
    signal,
  };
  if (config.collectEnhancedMetadata) {
    // Of the first reading nothing is needed but CPU times.
    await enumerator.enumerate({ ...request, maxEnriched: 1, enhanced: false });
    await clock.delay(SAMPLE_MILLIS, signal);
  }
  const { processes, boot, endedAtMillis, ticksPerSecond } = await enumerator.enumerate(request);
  const cpids = new Map(processes.map((process) => [process.pid, process.details?.cpid]));
  const context = {
    sampledAtMillis: endedAtMillis,
    bootAnchorMillis: boot.timeMillis,
    ticksPerSecond,
    enhanced: config.collectEnhancedMetadata,
    userName: (id: number) => users.name(id),
    groupName: (id: number) => groups.name(id),
    cpidOf: (pid: number) => cpids.get(pid),
  };
  return printProcesses(
    processes.map((process) => describeProcess(process, process, context)),
    { config, words, askingPid: ownPid(config) },
    outputs,
  );
}

/** The pid this process has among those that are read; undefined where it is not one of them. */
function ownPid({ enumerator, procRoot }: Config): number | undefined {
  if (enumeratorKind(enumerator) === 'portable') return process.pid;
  try {
    return Number(readlinkSync(join(procRoot, 'self')));
  } catch {
    // A copy of a /proc, or that of another pid namespace: nobody in it asks.
    return undefined;
  }
}
