import type { ControlledAgent, EventSubscription } from './controlled-agent.ts';
import { ALL_TOPICS, type EventLine } from './protocol.ts';
import { badRequest, jsonText, NDJSON_TYPE, type Reply } from './reply.ts';

/** Enough for the events of one cycle of a large host, which are all there at once. */
const QUEUED_EVENTS = 10_000;

/** A subscription, as lines. @throws {ProcmondError} for an illegal pattern */
export function eventsReply(agent: ControlledAgent, parameters: URLSearchParams): Reply {
  const patterns = parameters.getAll('topic');
  const unknown = [...parameters.keys()].find((key) => key !== 'topic');
  if (unknown !== undefined || patterns.length > 1) {
    return badRequest({ ok: false, problems: ['there is one parameter, topic, which may come once'] });
  }
  const subscription = agent.subscribe(patterns[0] ?? ALL_TOPICS, { maxQueued: QUEUED_EVENTS });
  return {
    status: 200,
    type: NDJSON_TYPE,
    pieces: eventLines(subscription),
    endless: { end: () => subscription.close() },
  };
}

/** One line per event, and one before it where some are missing. */
async function* eventLines(subscription: EventSubscription): AsyncGenerator<string> {
  for await (const { message, dropped } of subscription) {
    if (dropped > 0) yield line({ dropped });
    yield line(message);
  }
}

function line(content: EventLine): string {
  return `${jsonText(content)}\n`;
}
