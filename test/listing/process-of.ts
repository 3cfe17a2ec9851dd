import type { ProcessEvent, ProcessMetadata } from '../../src/event/process-event.ts';

export const SAMPLED_AT_MILLIS = Date.UTC(2026, 10, 23, 12);

export type GivenProcess = Partial<Omit<ProcessEvent, 'platformMetadata'>> & {
  readonly pid: number;
  readonly metadata?: ProcessMetadata;
};

/** A process of root's; what is not given is ordinary. */
export function processOf({ metadata, ...given }: GivenProcess): ProcessEvent {
  return {
    ppid: 0,
    name: 'app',
    commandLine: ['/usr/bin/app', '-v'],
    executablePath: '/usr/bin/app',
    startTime: SAMPLED_AT_MILLIS - 1000 * given.pid,
    userId: 0,
    accessible: true,
    timestamp: SAMPLED_AT_MILLIS,
    ...given,
    platformMetadata: { userName: 'root', stateCode: 'S', ...metadata },
  };
}
