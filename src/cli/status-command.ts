import type { StatusReport } from '../control/protocol.ts';
import { askDaemon, type DaemonCommandInput } from './ask-daemon.ts';
import { printAnswer } from './print-answer.ts';
import { reportText } from './report-lines.ts';
import { statusLines } from './status-lines.ts';

/** `procmond status`: one screen with what an operator asks first. Returns the exit code: 1 when no daemon answers. */
export async function statusCommand(input: DaemonCommandInput): Promise<0 | 1 | 2> {
  const { config, stdout, display } = input;
  const answer = await askDaemon<StatusReport>(input, { method: 'GET', path: '/v1/status' });
  if (!answer.ok) return answer.exitCode;
  printAnswer(answer.body, {
    format: config.format,
    stdout,
    text: (report) => reportText(statusLines(report), display),
  });
  return 0;
}
