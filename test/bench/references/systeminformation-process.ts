import { setTimeout as delay } from 'node:timers/promises';
import { processes } from 'systeminformation';
import { answerQuestions } from '../host/forked-part.ts';
import { cpuSecondsWithChildren } from '../host/process-figures.ts';

export interface SysteminformationAnswer {
  /** CPU milliseconds, those of the processes it started included. */
  readonly cpuMillis: number;
  readonly processes: number;
}

/** Asked again within 500 ms it gives its last answer. */
const CACHED_MILLIS = 600;

answerQuestions(async (): Promise<SysteminformationAnswer> => {
  await delay(CACHED_MILLIS);
  const before = cpuSecondsWithChildren(process.pid);
  const { all } = await processes();
  return { cpuMillis: (cpuSecondsWithChildren(process.pid) - before) * 1000, processes: all };
});
