import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type ControlAnswer, ControlClient } from '../../src/control/client.ts';
import type { HealthReport } from '../../src/control/protocol.ts';
import { RunningProcmond } from './running-procmond.ts';
import { scratchDirectory } from './scratch-store.ts';
import { waitUntil } from './wait-until.ts';

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
  const program = RunningProcmond.start(t, { ...options, dataDirectory });
  const socketPath = options.env?.['PROCMOND_CONTROL_SOCKET'] ?? join(dataDirectory, 'control.sock');
  const client = new ControlClient(socketPath);
  await program.while(
    waitUntil('the first cycle is committed', async () => {
      const answer = await client.ask<HealthReport>({ method: 'GET', path: '/v1/health' });
      return answer.kind === 'ok' && answer.body.ready.status === 'ok';
    }),
  );
  return { program, dataDirectory, socketPath, client };
}

export function bodyOf<Body>(answer: ControlAnswer<Body>): Body {
  if (answer.kind === 'ok') return answer.body;
  throw new Error(JSON.stringify(answer));
}
