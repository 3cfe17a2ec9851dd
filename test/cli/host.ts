import type { ProcessEvent } from '../../src/event/process-event.ts';
import { processOf, SAMPLED_AT_MILLIS } from '../listing/process-of.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const MIB = 1024 ** 2;

/** What a small web server runs, hostile names and names of the whole world included. */
export const HOST: readonly ProcessEvent[] = [
  processOf({
    pid: 1,
    name: 'systemd',
    executablePath: '/usr/lib/systemd/systemd',
    commandLine: ['/sbin/init', 'splash'],
    ...figures(412 * DAY, 0, 13.2, 1),
  }),
  kernelThread(2, 0, 'kthreadd'),
  kernelThread(17, 2, 'kworker/u8:1-events_unbound'),
  processOf({
    pid: 811,
    ppid: 1,
    name: 'nginx',
    executablePath: '/usr/sbin/nginx',
    commandLine: ['nginx: master process', '/usr/sbin/nginx', '-g', 'daemon on; master_process on;'],
    ...figures(3 * DAY + 260 * MINUTE, 0.1, 9, 1),
  }),
  processOf({
    pid: 4194303,
    ppid: 811,
    name: 'nginx',
    executablePath: '/usr/sbin/nginx',
    commandLine: ['nginx: worker process'],
    userId: 33,
    ...figures(187 * MINUTE, 104.25, 640, 33, { userName: 'www-data', stateCode: 'R' }),
  }),
  processOf({
    pid: 900,
    ppid: 1,
    name: 'dienst',
    executablePath: '/opt/\u6771\u4eac/dienst',
    commandLine: [
      '/opt/\u6771\u4eac/dienst',
      '--name',
      '\u{1f525}\u{1f525}',
      'e\u0301te\u0301',
      '--config=/etc/dienst/dienst.yaml',
    ],
    ...figures(12.1 * MINUTE, 5, 1300, 12, { userName: 'a-service-account-of-some-length' }),
  }),
  processOf({
    pid: 901,
    ppid: 900,
    name: 'evil\u001b[2J',
    executablePath: '/tmp/\u202egnp.exe',
    commandLine: ['\u001b]0;owned\u0007evil', 'a\nb', '\u009b31m', '\u202etxt'],
    userId: 1000,
    ...figures(42_000, 0, 0.5, 1, { userName: 'mallory\u001b[0m', stateCode: 'T' }),
  }),
  processOf({
    pid: 902,
    ppid: 900,
    name: 'defunct',
    executablePath: undefined,
    commandLine: [],
    userId: undefined,
    startTime: undefined,
    metadata: { userName: undefined, stateCode: 'Z' },
  }),
];

function kernelThread(pid: number, ppid: number, name: string): ProcessEvent {
  const started = figures(412 * DAY, 0, 0, 1, { kernelThread: true, stateCode: 'I' });
  return processOf({ pid, ppid, name, executablePath: undefined, commandLine: [], ...started });
}

function figures(
  ageMillis: number,
  cpuUsage: number,
  mebibytes: number,
  threads: number,
  metadata: ProcessEvent['platformMetadata'] = {},
) {
  return {
    startTime: SAMPLED_AT_MILLIS - ageMillis,
    cpuUsage,
    memoryUsage: mebibytes * MIB,
    metadata: { threads, ...metadata },
  };
}
