import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { AgentControl } from '../../src/agent-control.ts';
import { fanOut } from '../../src/base/fan-out.ts';
import type { CollectorObserver } from '../../src/base/observer.ts';
import { Collector } from '../../src/collector/collector.ts';
import { type LoadedConfig, loadConfig } from '../../src/config/load-config.ts';
import { Reloader } from '../../src/config/reloader.ts';
import { RunningFacts } from '../../src/control/running-facts.ts';
import { Health } from '../../src/metrics/health.ts';
import { Metrics } from '../../src/metrics/metrics.ts';
import { ProcessEventSource } from '../../src/process/process-event-source.ts';
import { enumerationOf, processOf } from '../process/process-table.ts';
import { testRedactor } from '../process/test-redactor.ts';
import { CapturedLogger } from './captured-logger.ts';
import { ManualClock } from './manual-clock.ts';
import { openStore } from './scratch-store.ts';

/**
 * The daemon without its sockets: two processes, one of them with a CPID.
 * @param options `deliverTo` is a logs URL; without it records wait in the outbox. `observer` is told last
 */
export async function openAgent(
  t: TestContext,
  options: { readonly deliverTo?: string; readonly observer?: CollectorObserver } = {},
) {
  const { deliverTo } = options;
  const clock = new ManualClock();
  const store = await openStore(t, { clock });
  const logger = new CapturedLogger();
  const stop = new AbortController();
  const facts = new RunningFacts({ clock, ownUsage: () => ({ cpuSeconds: 1, residentBytes: 2, activeResources: 1 }) });
  const read = () =>
    loadConfig({
      argv: ['--endpoint', deliverTo ?? 'http://u:hunter2@h'],
      env: {},
      homeDirectory: '/home/u',
      effectiveUserId: 1000,
      readConfigFile: () => assert.fail('there is no file'),
    });
  const reloader = new Reloader({ loaded: read() as LoadedConfig, read: async () => read(), logger });
  const processes = [processOf({ pid: 1 }), processOf({ pid: 7, startTicks: 700, details: { cpid: 'c-7' } })];
  const source = new ProcessEventSource(
    store,
    {},
    {
      enumerator: {
        enumerate: async () => enumerationOf(processes, { endedAtMillis: clock.wallMillis() }),
        close: () => {},
      },
      redactor: testRedactor(),
      passwdFile: '/dev/null',
      groupFile: '/dev/null',
      observer: facts,
      clock,
    },
  );
  const { outbox } = store;
  const metrics = new Metrics({
    version: '0.0.0',
    live: {
      outboxRecords: () => outbox.recordCount,
      outboxBytes: () => outbox.byteCount,
      oldestAgeSeconds: () => 0,
      storeBytes: () => store.fileBytes(),
    },
  });
  const observer = fanOut([facts, metrics, options.observer ?? {}]);
  const otlp = deliverTo === undefined ? {} : { otlp: { url: deliverTo } };
  const collector = new Collector({ store, logger, clock, observer, ...otlp });
  const control = new AgentControl({
    store,
    collector,
    source,
    health: new Health({ clock, intervalMillis: () => reloader.config.intervalMillis }),
    facts,
    reloader,
    env: {},
    logger,
    clock,
    signal: stop.signal,
    stop: () => stop.abort(),
  });
  return { control, store, clock, logger, stop, source, collector, metrics };
}
