import type { CycleReport } from '../base/observer.ts';
import type { AnalysisDecision, ControlledAgent } from './controlled-agent.ts';
import { cycleSummary } from './cycle-summary.ts';
import { eventsReply } from './events-reply.ts';
import { parseAnalysisRequest, parseInterval, parseNothing } from './parse-body.ts';
import { processesReply } from './processes-reply.ts';
import { badRequest, ok, type Reply, refusal } from './reply.ts';
import type { SharedCycle } from './shared-cycle.ts';

export interface ControlRequest {
  readonly parameters: URLSearchParams;
  /** What the JSON body holds; undefined where there is none. */
  readonly body: unknown;
}

export interface RouteContext {
  readonly agent: ControlledAgent;
  readonly cycles: SharedCycle<CycleReport | undefined>;
}

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly path: string;
  /** One line, for the list of paths. */
  readonly summary: string;
  /** It may take longer than a client is usually waited for. */
  readonly patient?: true;
  /** How many of them may be under way at once; no bound of its own where it is absent. */
  readonly atOnce?: number;
  answer(context: RouteContext, request: ControlRequest): Reply | Promise<Reply>;
}

/** Every path of the socket. */
export const ROUTES: readonly Route[] = [
  {
    method: 'GET',
    path: '/v1/health',
    summary: 'whether the loop lives and its results are fresh; 503 when it does not live',
    answer({ agent }) {
      const report = agent.health();
      return { status: report.live.status === 'ok' ? 200 : 503, body: report };
    },
  },
  {
    method: 'GET',
    path: '/v1/status',
    summary: 'what an operator asks first',
    answer: ({ agent }) => ok(agent.status()),
  },
  {
    method: 'GET',
    path: '/v1/capabilities',
    summary: 'the event sources, what they can watch, and how they are',
    answer: ({ agent }) => ok(agent.sources()),
  },
  {
    method: 'GET',
    path: '/v1/config',
    summary: 'what is in force and where it comes from, secrets masked',
    answer: ({ agent }) => ok(agent.settings()),
  },
  {
    method: 'GET',
    path: '/v1/processes',
    summary:
      'the processes of the last committed cycle: ?text= user= pid= state= container= sort= limit= format=ndjson',
    atOnce: 4,
    answer: ({ agent }, { parameters }) => processesReply(agent, parameters),
  },
  {
    method: 'GET',
    path: '/v1/events',
    summary: 'events as they are committed, one JSON object per line, until one side ends it: ?topic=collector/%23',
    patient: true,
    atOnce: 16,
    answer: ({ agent }, { parameters }) => eventsReply(agent, parameters),
  },
  {
    method: 'POST',
    path: '/v1/triggers',
    summary:
      'ask a source for an analysis: {"target","analysisType","pid" or "path","priority","correlationId","metadata"}',
    answer({ agent }, { body }) {
      const request = parseAnalysisRequest(body);
      return request.ok ? decisionReply(agent.requestAnalysis(request.value)) : badRequest(request);
    },
  },
  {
    method: 'POST',
    path: '/v1/cycle',
    summary: 'run a cycle now; answers when it is committed',
    patient: true,
    atOnce: 32,
    async answer({ cycles }, { body }) {
      const nothing = parseNothing(body);
      return nothing.ok ? cycleReply(await cycles.request()) : badRequest(nothing);
    },
  },
  {
    method: 'PUT',
    path: '/v1/interval',
    summary: 'have cycles begin every so often from now on: {"seconds": 5 to 3600}',
    answer({ agent }, { body }) {
      const seconds = parseInterval(body);
      return seconds.ok ? ok(agent.setInterval(seconds.value * 1000)) : badRequest(seconds);
    },
  },
  {
    method: 'POST',
    path: '/v1/reload',
    summary: 'read the configuration again, as SIGHUP does',
    atOnce: 4,
    async answer({ agent }, { body }) {
      const nothing = parseNothing(body);
      if (!nothing.ok) return badRequest(nothing);
      const reloaded = await agent.reload();
      if (reloaded.ok) return ok(reloaded.report);
      return refusal(
        422,
        'config_invalid',
        'the configuration has mistakes, so nothing was changed',
        reloaded.problems,
      );
    },
  },
  {
    method: 'GET',
    path: '/v1/outbox',
    summary: 'what waits to be delivered, why, and what the endpoint refused',
    answer: ({ agent }) => ok(agent.outbox()),
  },
  {
    method: 'POST',
    path: '/v1/outbox/retry',
    summary: 'send once more what the endpoint refused',
    answer({ agent }, { body }) {
      const nothing = parseNothing(body);
      return nothing.ok ? ok(agent.retryDeadLetters()) : badRequest(nothing);
    },
  },
  {
    method: 'POST',
    path: '/v1/stop',
    summary: 'stop gracefully',
    answer({ agent }, { body }) {
      const nothing = parseNothing(body);
      if (!nothing.ok) return badRequest(nothing);
      agent.stop();
      return { status: 202, body: { stopping: true } };
    },
  },
];

function decisionReply(decision: AnalysisDecision): Reply {
  switch (decision.outcome) {
    case 'delivered':
    case 'no_target':
      return { status: 202, body: decision.receipt };
    case 'no_process':
      return refusal(404, 'no_such_process', 'the last committed cycle has no process of that pid');
    case 'deduplicated':
      return refusal(409, decision.outcome, 'the same was asked a short while ago');
    case 'rate_limited':
      return refusal(429, decision.outcome, 'more was asked of this target within a minute than is let through');
    case 'queue_full':
      return refusal(503, decision.outcome, 'too many requests wait already');
  }
}

function cycleReply(report: CycleReport | undefined): Reply {
  if (report === undefined) return refusal(503, 'stopping', 'procmond is being stopped');
  if (report.outcome === 'failed') return refusal(500, 'cycle_failed', `nothing was committed: ${report.message}`);
  return ok(cycleSummary(report));
}
