import { escapeForDisplay } from '../base/escape-for-display.ts';
import type { Config } from '../config/config.ts';
import type { AnalysisReceipt, AnalysisRequest } from '../control/protocol.ts';
import { askDaemon, type DaemonCommandInput } from './ask-daemon.ts';
import { printAnswer } from './print-answer.ts';

/** `procmond trigger <target>`: asks a source for an analysis of a process or a file. Returns the exit code. */
export async function triggerCommand(
  input: DaemonCommandInput & { readonly words: readonly string[] },
): Promise<0 | 1 | 2> {
  const { config, words, stdout, stderr } = input;
  const request = analysisRequest(words[0] ?? '', config);
  if (!request.ok) {
    for (const problem of request.problems) stderr.write(`procmond: ${escapeForDisplay(problem)}\n`);
    return 2;
  }
  const answer = await askDaemon<AnalysisReceipt>(input, { method: 'POST', path: '/v1/triggers', body: request.value });
  if (!answer.ok) return answer.exitCode;
  printAnswer(answer.body, { format: config.format, stdout, text: receiptText });
  return 0;
}

type Request =
  | { readonly ok: true; readonly value: AnalysisRequest }
  | { readonly ok: false; readonly problems: readonly string[] };

function analysisRequest(target: string, config: Config): Request {
  const { pids, analysisPath, analysisType, analysisPriority: priority, correlationId, analysisMetadata } = config;
  const ofWhat = pids.length + (analysisPath === '' ? 0 : 1);
  const problems = [
    ofWhat === 1
      ? undefined
      : 'trigger takes one process (--pid 4242) or one file (--path /usr/bin/x), so that it is clear of what',
    ...analysisMetadata
      .filter((text) => !/^[^=]+=/.test(text))
      .map((text) => `--metadata: ${JSON.stringify(text)} is no key with = and a value behind it`),
  ].filter((problem) => problem !== undefined);
  if (problems.length > 0) return { ok: false, problems };
  const [pid] = pids;
  return {
    ok: true,
    value: {
      target,
      analysisType,
      priority,
      ...(pid === undefined ? { path: analysisPath } : { pid }),
      ...(correlationId !== '' && { correlationId }),
      metadata: Object.fromEntries(analysisMetadata.map(splitPair)),
    },
  };
}

function splitPair(text: string): [string, string] {
  const at = text.indexOf('=');
  return [text.slice(0, at), text.slice(at + 1)];
}

function receiptText({ triggerId, target, correlationId, delivered }: AnalysisReceipt): string {
  const who = delivered
    ? `${target} was asked; procmond tail collector/${target}/results shows the answer`
    : `no source here is called ${target}: it is left to who reads its topic`;
  const correlation = correlationId === triggerId ? '' : `, correlation id ${correlationId}`;
  return `${escapeForDisplay(`${who}; trigger ${triggerId}${correlation}`)}\n`;
}
