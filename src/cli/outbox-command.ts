import type { OutboxReport, RetryReport } from '../control/protocol.ts';
import { askDaemon, type DaemonCommandInput } from './ask-daemon.ts';
import { outboxLines } from './outbox-lines.ts';
import { printAnswer } from './print-answer.ts';
import { counted, reportText } from './report-lines.ts';

/** `procmond outbox`: what waits and why. `procmond outbox retry`: what was refused is sent once more. */
export async function outboxCommand(
  input: DaemonCommandInput & { readonly words: readonly string[] },
): Promise<0 | 1 | 2> {
  const { config, stdout, display, words } = input;
  const { format } = config;
  if (words[0] === 'retry') {
    const answer = await askDaemon<RetryReport>(input, { method: 'POST', path: '/v1/outbox/retry' });
    if (!answer.ok) return answer.exitCode;
    printAnswer(answer.body, { format, stdout, text: retryText });
    return 0;
  }
  const answer = await askDaemon<OutboxReport>(input, { method: 'GET', path: '/v1/outbox' });
  if (!answer.ok) return answer.exitCode;
  printAnswer(answer.body, { format, stdout, text: (outbox) => reportText(outboxLines(outbox), display) });
  return 0;
}

function retryText({ retried }: RetryReport): string {
  if (retried === 0) return 'nothing was refused that is not being sent once more already\n';
  return `${counted(retried, 'refused record')} will be sent once more; procmond outbox says what becomes of them\n`;
}
