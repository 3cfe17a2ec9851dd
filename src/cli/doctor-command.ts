import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { escapeForDisplay, escapeJsonForDisplay } from '../base/escape-for-display.ts';
import type { Config, OutputFormat } from '../config/config.ts';
import { readHostId } from '../otlp/host-resource.ts';
import { exportTimeoutMillis } from '../otlp/otlp-sender.ts';
import type { Enumeration } from '../process/enumerate/enumerator.ts';
import { hidepidMode } from '../process/enumerate/linux/parse-kernel.ts';
import { parseStatus } from '../process/enumerate/linux/parse-status.ts';
import { systemEnumerator } from '../process/enumerate/system-enumerator.ts';
import { createRedactor } from '../process/redact/redactor.ts';
import { checkBoot } from './doctor/check-boot.ts';
import { checkEndpoint } from './doctor/check-endpoint.ts';
import { checkEnumerator } from './doctor/check-enumerator.ts';
import { checkHostId } from './doctor/check-host-id.ts';
import { checkKernelFeed } from './doctor/check-kernel-feed.ts';
import { checkMetricsListener } from './doctor/check-metrics-listener.ts';
import { checkNamespace } from './doctor/check-namespace.ts';
import { checkNode } from './doctor/check-node.ts';
import { checkProcMount } from './doctor/check-proc-mount.ts';
import { checkProcesses, unreadableProcesses } from './doctor/check-processes.ts';
import { checkRights } from './doctor/check-rights.ts';
import { checkStore } from './doctor/check-store.ts';
import type { Finding } from './doctor/finding.ts';
import type { Output } from './output.ts';
import { wrapText } from './wrap-text.ts';

export interface DoctorCommandInput {
  readonly config: Config;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** As `process.version` has it. */
  readonly nodeVersion: string;
  readonly platform: NodeJS.Platform;
  /** Undefined where the system has no user ids. */
  readonly effectiveUserId: number | undefined;
  readonly stdout: Output & { readonly columns?: number };
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * `procmond doctor`: what this host, this user and this configuration allow, without changing any of it.
 * @returns 1 when something makes `run` fail
 */
export async function doctorCommand(input: DoctorCommandInput): Promise<0 | 1> {
  const { config, env, nodeVersion, clock, signal, stdout } = input;
  const hostId = readHostId(config.machineIdFile);
  const { finding: store, inUse } = await checkStore(config.dataDirectory, config.outboxMaxBytes);
  const findings = [
    checkNode(nodeVersion),
    ...(await checkReading(input, hostId)),
    checkHostId(hostId, config.machineIdFile),
    checkKernelFeed(config.intervalMillis),
    store,
    await checkEndpoint({ url: config.endpoint, timeoutMillis: exportTimeoutMillis(env), clock, signal }),
    await checkMetricsListener({ host: config.metricsHost, port: config.metricsPort, clock, daemonRuns: inUse }),
  ];
  const canRun = findings.every(({ status }) => status !== 'problem');
  print(findings, canRun, config.format, stdout);
  return canRun ? 0 : 1;
}

/** What reads the processes, and how much it sees: by one reading of them all. */
async function checkReading(input: DoctorCommandInput, hostId: string | undefined): Promise<readonly Finding[]> {
  const { config, platform, clock, signal } = input;
  const enumerator = checkEnumerator(config.enumerator, { procRoot: config.procRoot, platform });
  if (enumerator.status === 'problem') return [enumerator];
  const readsProc = enumerator.facts?.kind === 'proc';
  const rights = readsProc ? checkLinux(input) : [];
  const { procRoot, enumerator: mode } = config;
  const reader = systemEnumerator({ mode, procRoot, clock, hostId });
  try {
    const enumeration = await reader.enumerate({
      redactor: createRedactor(config.commandLine, { limits: config }),
      enhanced: config.collectEnhancedMetadata,
      maxEnriched: config.maxProcessesPerCycle,
      refreshCycles: 0,
      usageAtOnce: true,
      countFileDescriptors: config.countFileDescriptors,
      signal,
    });
    const privileged = rights.some(({ check, status }) => check === 'rights' && status === 'ok');
    return [
      enumerator,
      ...rights,
      checkProcesses(enumeration, { privileged, tellsDenied: readsProc }),
      ...checkSight(enumeration, readsProc),
    ];
  } catch (error) {
    signal.throwIfAborted();
    return [enumerator, ...rights, unreadableProcesses(error)];
  } finally {
    reader.close();
  }
}

/** Of this process and the mount table, which are those of the machine's own `/proc`, whatever is read. */
function checkLinux({ config, effectiveUserId }: DoctorCommandInput): readonly Finding[] {
  const { effectiveCapabilities } = parseStatus(readFileSync('/proc/self/status', 'latin1'));
  const rights = checkRights(effectiveUserId, effectiveCapabilities);
  const hidepid = hidepidMode(readFileSync('/proc/self/mountinfo', 'utf8'), resolve(config.procRoot));
  return [rights, checkProcMount(config.procRoot, hidepid, rights.facts?.CAP_SYS_PTRACE === true)];
}

function checkSight({ scope, boot }: Enumeration, readsProc: boolean): readonly Finding[] {
  return readsProc ? [checkNamespace(scope.pidNamespace), checkBoot(boot)] : [checkBoot(boot)];
}

function print(
  findings: readonly Finding[],
  canRun: boolean,
  format: OutputFormat,
  stdout: DoctorCommandInput['stdout'],
) {
  switch (format) {
    case 'table':
      stdout.write(
        `${[...findings.map((finding) => entry(finding, stdout.columns)), '', verdict(canRun)].join('\n')}\n`,
      );
      return;
    case 'json':
      stdout.write(`${escapeJsonForDisplay(JSON.stringify({ canRun, findings }, undefined, 2))}\n`);
      return;
    case 'ndjson':
      stdout.write(findings.map((finding) => `${escapeJsonForDisplay(JSON.stringify(finding))}\n`).join(''));
      return;
  }
}

const STATUS_WIDTH = 9;
const CHECK_WIDTH = 13;
const LEAST_WIDTH = 60;

/** What was found, and below it what to do. */
function entry({ status, check, message, advice }: Finding, columns: number | undefined): string {
  const width = columns === undefined ? undefined : { width: Math.max(columns, LEAST_WIDTH) };
  const indent = ' '.repeat(STATUS_WIDTH + CHECK_WIDTH);
  const first = `${status.padEnd(STATUS_WIDTH)}${check.padEnd(CHECK_WIDTH)}`;
  const found = wrapText(escapeForDisplay(message), { first, next: indent, ...width });
  if (advice === undefined) return found;
  return `${found}\n${wrapText(escapeForDisplay(advice), { first: `${indent}- `, next: `${indent}  `, ...width })}`;
}

function verdict(canRun: boolean): string {
  return canRun ? 'procmond can run.' : 'procmond cannot run: see the problems above.';
}
