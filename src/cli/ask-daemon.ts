import { escapeForDisplay } from '../base/escape-for-display.ts';
import type { Config } from '../config/config.ts';
import { type ControlAnswer, ControlClient, type ControlQuestion } from '../control/client.ts';
import type { Display } from './display.ts';
import type { Output } from './output.ts';

/** What a command that asks the daemon is given. */
export interface DaemonCommandInput {
  readonly config: Config;
  readonly signal: AbortSignal;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly display: Display;
}

export type DaemonAnswer<Body> =
  | { readonly ok: true; readonly body: Body }
  /** Why not has been said. */
  | { readonly ok: false; readonly exitCode: 1 | 2 };

/** Asks the running procmond; what keeps it from answering is told on stderr. */
export async function askDaemon<Body>(
  { config, signal, stderr }: Pick<DaemonCommandInput, 'config' | 'signal' | 'stderr'>,
  question: ControlQuestion,
): Promise<DaemonAnswer<Body>> {
  const answer = await new ControlClient(config.controlSocket).ask<Body>({ ...question, signal });
  if (answer.kind === 'ok') return { ok: true, body: answer.body };
  return { ok: false, exitCode: tellNoAnswer(answer, stderr) };
}

/** Says why there is no answer. Returns the exit code: 2 where the question was wrong. */
export function tellNoAnswer(answer: Exclude<ControlAnswer<unknown>, { readonly kind: 'ok' }>, stderr: Output): 1 | 2 {
  const messages = answer.kind === 'unreachable' ? [answer.message] : (answer.error.problems ?? [answer.error.message]);
  for (const message of messages) stderr.write(`procmond: ${escapeForDisplay(message)}\n`);
  return answer.kind === 'refused' && answer.status === 400 ? 2 : 1;
}
