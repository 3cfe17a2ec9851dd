import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { silentLogger } from '../../src/base/logger.ts';
import { type ControlServer, type ControlServerOptions, startControlServer } from '../../src/control/server.ts';
import { scratchDirectory } from '../fake/scratch-store.ts';
import { ScriptedAgent } from './scripted-agent.ts';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
  readonly body: unknown;
}

/** A control server in a folder of its own, until the test ends, and the agent behind it. */
export async function startServer(
  t: TestContext,
  options: Partial<ControlServerOptions> = {},
): Promise<{ readonly server: ControlServer; readonly agent: ScriptedAgent; readonly path: string }> {
  const agent = new ScriptedAgent();
  const path = join(scratchDirectory(t), 'control.sock');
  const server = await startControlServer({
    path,
    agent,
    logger: silentLogger,
    ...options,
    limits: { closeMillis: 0, ...options.limits },
  });
  t.after(() => server.close());
  return { server, agent, path };
}

export async function ask(socketPath: string, method: string, path: string, body?: unknown): Promise<Answer> {
  const sent = request({ socketPath, method, path, agent: false });
  sent.end(typeof body === 'string' || body === undefined ? body : JSON.stringify(body));
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  let text = '';
  for await (const piece of response.setEncoding('utf8')) text += String(piece);
  const isJson = response.headers['content-type'] === 'application/json';
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    text,
    body: isJson ? JSON.parse(text) : undefined,
  };
}
