import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { type ControlAnswer, ControlClient } from '../../src/control/client.ts';
import type { HealthReport } from '../../src/control/protocol.ts';
import { RunningProcmond } from '../fake/running-procmond.ts';
import { scratchDirectory } from '../fake/scratch-store.ts';

const NOBODY = 'http://127.0.0.1:9';

/** The real program, with a control socket in its data directory. */
export interface RunningDaemon {
  readonly program: RunningProcmond;
  readonly dataDirectory: string;
  readonly socketPath: string;
  readonly client: ControlClient;
}

/** Resolves when it has committed its first cycle. */
export async function startDaemon(
  t: TestContext,
  options: {
    readonly dataDirectory?: string;
    readonly endpoint?: string;
    readonly procRoot?: string;
    readonly env?: Readonly<Record<string, string>>;
    readonly by?: readonly string[];
  } = {},
): Promise<RunningDaemon> {
  const dataDirectory = options.dataDirectory ?? join(scratchDirectory(t), 'data');
  const program = RunningProcmond.start(t, { endpoint: NOBODY, ...options, dataDirectory });
  const socketPath = options.env?.['PROCMOND_CONTROL_SOCKET'] ?? join(dataDirectory, 'control.sock');
  const client = new ControlClient(socketPath);
  await program.while(
    until(async () => {
      const answer = await client.ask<HealthReport>({ method: 'GET', path: '/v1/health' });
      return answer.kind === 'ok' && answer.body.ready.status === 'ok';
    }),
  );
  return { program, dataDirectory, socketPath, client };
}

/** Asks again and again, since nobody would say when it has become true. */
export async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await condition())) await delay(20);
}

export function bodyOf<Body>(answer: ControlAnswer<Body>): Body {
  if (answer.kind === 'ok') return answer.body;
  throw new Error(JSON.stringify(answer));
}
