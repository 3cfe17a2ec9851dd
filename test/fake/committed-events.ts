import { resourceFromAttributes } from '@opentelemetry/resources';
import { LoggerProvider } from '@opentelemetry/sdk-logs';
import type { Clock } from '../../src/base/clock.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { type CommitStore, EventCommitter, type EventCommitterOptions } from '../../src/collector/event-committer.ts';
import type { ForeignEvent } from '../../src/event/collection-event.ts';
import { OutboxLogRecordProcessor, SCOPE_NAME } from '../../src/otlp/outbox-log-record-processor.ts';
import { TopicBus } from '../../src/topics/topic-bus.ts';

export const TEST_TOPIC = 'collector/test/things';

/** Commits through the real Logs API, as the Collector does. */
export function makeCommitter(
  store: CommitStore,
  parts: { readonly clock: Clock } & Partial<EventCommitterOptions>,
): EventCommitter {
  const provider = new LoggerProvider({
    resource: resourceFromAttributes({ 'service.name': 'procmond', 'host.name': 'test' }),
    processors: [new OutboxLogRecordProcessor()],
  });
  return new EventCommitter({
    store,
    bus: new TopicBus(),
    logger: provider.getLogger(SCOPE_NAME, '0.0.0'),
    log: silentLogger,
    observer: {},
    committed: () => {},
    ...parts,
  });
}

/** An event of a source of one's own. */
export function thing(parts: Partial<ForeignEvent> = {}): ForeignEvent {
  return {
    kind: 'performance',
    topic: TEST_TOPIC,
    eventName: 'test.thing.seen',
    timestampMillis: Date.UTC(2026, 0, 2, 3, 4, 5),
    severityNumber: 9,
    body: 'a thing was seen',
    attributes: {},
    ...parts,
  };
}

export function things(count: number, parts: Partial<ForeignEvent> = {}): readonly ForeignEvent[] {
  return Array.from({ length: count }, () => thing(parts));
}

/** A thing that `isPoison` endpoints refuse. */
export function poison(parts: Partial<ForeignEvent> = {}): ForeignEvent {
  return thing({ ...parts, attributes: { 'test.poison': true } });
}

export function isPoison(record: { readonly attributes: Readonly<Record<string, unknown>> }): boolean {
  return record.attributes['test.poison'] === true;
}
