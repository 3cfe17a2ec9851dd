import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ProcessEvent } from '../event/process-event.ts';
import { selectProcesses } from '../listing/select-processes.ts';
import { sortProcesses } from '../listing/sort-processes.ts';
import type { ControlledAgent } from './controlled-agent.ts';
import { type ProcessQuery, parseProcessQuery } from './parse-process-query.ts';
import { badRequest, JSON_TYPE, jsonText, NDJSON_TYPE, type Reply, refusal } from './reply.ts';

/** How many processes are described or written before others have their turn. */
const PROCESSES_PER_TURN = 200;

/** The processes that the query asks for, in pieces. */
export async function processesReply(agent: ControlledAgent, parameters: URLSearchParams): Promise<Reply> {
  const query = parseProcessQuery(parameters);
  if (!query.ok) return badRequest(query);
  const snapshot = agent.processes();
  if (snapshot === undefined) return refusal(503, 'no_cycle_yet', 'no cycle has been committed yet; ask again soon');
  const all: ProcessEvent[] = [];
  for (const process of snapshot.processes) {
    all.push(process);
    if (all.length % PROCESSES_PER_TURN === 0) await nextTurn();
  }
  const wanted = selected(all, query.value);
  const headers = {
    'Procmond-Cycle-Id': snapshot.cycleId,
    'Procmond-Sampled-At': new Date(snapshot.sampledAtMillis).toISOString(),
  };
  if (query.value.format === 'json') {
    return {
      status: 200,
      type: JSON_TYPE,
      headers,
      pieces: joined(wanted, { before: '[', between: ',\n', after: ']\n' }),
    };
  }
  const after = wanted.length > 0 ? '\n' : '';
  return { status: 200, type: NDJSON_TYPE, headers, pieces: joined(wanted, { before: '', between: '\n', after }) };
}

function selected(processes: readonly ProcessEvent[], query: ProcessQuery): readonly ProcessEvent[] {
  const { selection, containers, sort, limit } = query;
  const inContainer = ({ platformMetadata }: ProcessEvent) =>
    containers.length === 0 || containers.some((start) => platformMetadata?.containerId?.startsWith(start));
  const found = selectProcesses(processes, selection).filter(inContainer);
  return sortProcesses(found, sort, { reverse: false }).slice(0, limit);
}

async function* joined(
  processes: readonly ProcessEvent[],
  { before, between, after }: { readonly before: string; readonly between: string; readonly after: string },
): AsyncGenerator<string> {
  yield before;
  for (let index = 0; index < processes.length; index += PROCESSES_PER_TURN) {
    const texts = processes.slice(index, index + PROCESSES_PER_TURN).map((process) => jsonText(process));
    yield `${index === 0 ? '' : between}${texts.join(between)}`;
    await nextTurn();
  }
  yield after;
}
