import assert from 'node:assert/strict';
import { suite, type TestContext, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { TriggerOutcome } from '../../src/base/observer.ts';
import { Collector } from '../../src/collector/collector.ts';
import { SourceCaps } from '../../src/collector/source-caps.ts';
import type { TriggerRequest } from '../../src/event/trigger-request.ts';
import type { SnapshotStore } from '../../src/store/snapshot-store.ts';
import { CapturedLogger } from '../fake/captured-logger.ts';
import { thing } from '../fake/committed-events.ts';
import { ManualClock } from '../fake/manual-clock.ts';
import { openStore } from '../fake/scratch-store.ts';
import { ScriptedSource, untilAborted } from '../fake/scripted-source.ts';
import { triggerEvent, triggerRequest } from '../fake/trigger.ts';
import { TriggeredSource } from '../fake/triggered-source.ts';

interface Row {
  /** Event name, body, attributes. */
  readonly n: string;
  readonly b: string;
  readonly a: Readonly<Record<string, unknown>>;
}

async function collecting(t: TestContext) {
  const clock = new ManualClock();
  const logger = new CapturedLogger();
  const store = await openStore(t);
  const counts: TriggerOutcome[] = [];
  const observer = { triggered: (outcome: TriggerOutcome) => void counts.push(outcome) };
  const collector = new Collector({ store, clock, logger, observer });
  const asking = new ScriptedSource('asking');
  const answering = new TriggeredSource();
  collector.register(asking);
  collector.register(answering);
  const stop = new AbortController();
  t.after(() => stop.abort());
  return { collector, clock, logger, store, counts, asking, answering, stop };
}

/** All that can happen now has happened. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await nextTurn();
}

function rows({ outbox }: SnapshotStore): readonly Row[] {
  const records = outbox.take({ maxRecords: 10_000, maxBytes: 1e9, acrossTopics: true });
  outbox.release();
  return records.map(({ row }) => JSON.parse(row) as Row);
}

const names = (store: SnapshotStore) => rows(store).map(({ n }) => n);

const answer = (request: TriggerRequest) =>
  thing({ eventName: 'test.answer', attributes: { 'procmond.trigger.correlation_id': request.correlationId } });

suite('a Collector', () => {
  test('takes a request of any source to the one that answers, and both records to the outbox', async (t) => {
    const { collector, store, counts, asking, answering } = await collecting(t);
    answering.onTrigger = async (request, { sink }) => {
      sink.commit({ events: [answer(request)], observedAtMillis: 7 });
    };
    const receipt = collector.sinkFor(asking).commit({
      events: [thing(), triggerEvent(), triggerEvent()],
      cycleId: '0199f2d4-7c3e-7000-8000-000000000001',
      observedAtMillis: 7,
    });
    const { triggerId } = triggerRequest();
    assert.deepEqual(receipt, {
      firstSeq: 1,
      lastSeq: 2,
      triggers: [
        { triggerId, outcome: 'delivered' },
        { triggerId, outcome: 'deduplicated' },
      ],
    });
    await settle();
    assert.deepEqual(
      rows(store).map(({ n, a }) => [n, a['procmond.topic'], a['procmond.trigger.correlation_id'], a['procmond.seq']]),
      [
        ['test.thing.seen', 'collector/test/things', undefined, 1],
        ['procmond.trigger.requested', 'collector/triggers/binary-hasher', 'case 7', 2],
        ['test.answer', 'collector/test/things', 'case 7', 3],
      ],
    );
    assert.deepEqual(counts, ['published', 'delivered', 'deduplicated', 'answered']);
  });

  test('says nothing of requests in the receipt of a batch that has none', async (t) => {
    const { collector, asking } = await collecting(t);
    assert.deepEqual(collector.sinkFor(asking).commit({ events: [thing()], observedAtMillis: 7 }), {
      firstSeq: 1,
      lastSeq: 1,
    });
  });

  test('goes by the capabilities that a source has said it has now', async (t) => {
    const { collector, asking, answering } = await collecting(t);
    const ask = (pid: number) =>
      collector.sinkFor(asking).commit({
        events: [triggerEvent({ process: { pid, startTicks: 1 } })],
        observedAtMillis: 7,
      }).triggers?.[0]?.outcome;
    assert.equal(ask(1), 'delivered');
    answering.capabilities = SourceCaps.PERFORMANCE;
    assert.equal(ask(2), 'delivered', 'not before it says so');
    collector.sinkFor(answering).capabilitiesChanged();
    assert.equal(ask(3), 'no_target');
  });

  test('commits nothing of a batch with a request that nobody could act on', async (t) => {
    const { collector, store, asking } = await collecting(t);
    const events = [thing(), triggerEvent(), triggerEvent({ target: 'No Name' })];
    assert.throws(() => collector.sinkFor(asking).commit({ events, observedAtMillis: 7 }), {
      code: 'TRIGGER_INVALID',
      message: /target is "No Name"/,
    });
    assert.deepEqual(rows(store), []);
  });

  test('asks on behalf of a person, and says what became of it', async (t) => {
    const { collector, store, answering } = await collecting(t);
    const request = triggerRequest({ path: '/usr/bin/true' });
    assert.deepEqual(collector.requestAnalysis(request), { triggerId: request.triggerId, outcome: 'delivered' });
    assert.equal(collector.requestAnalysis(request).outcome, 'deduplicated');
    assert.throws(() => collector.requestAnalysis({ ...request, priority: 'now' as 'low' }), {
      code: 'TRIGGER_INVALID',
    });
    await settle();
    assert.equal(answering.handled[0]?.origin, 'operator');
    assert.deepEqual(names(store), ['procmond.trigger.requested']);
  });

  test('lets all answers come to an end before it says that it stopped', async (t) => {
    const { collector, store, counts, asking, answering, stop } = await collecting(t);
    answering.onTrigger = async (request, { sink, signal }) => {
      await untilAborted(signal);
      sink.commit({ events: [answer(request)], observedAtMillis: 7 });
    };
    const running = collector.run(stop.signal);
    const events = [1, 2, 3, 4, 5, 6].map((pid) => triggerEvent({ process: { pid, startTicks: 1 } }));
    collector.sinkFor(asking).commit({ events, observedAtMillis: 7 });
    await settle();
    stop.abort();
    await running;
    assert.deepEqual(names(store), [
      'procmond.agent.started',
      ...Array<string>(6).fill('procmond.trigger.requested'),
      ...Array<string>(6).fill('test.answer'),
      'procmond.agent.stopped',
    ]);
    assert.equal(counts.filter((outcome) => outcome === 'expired').length, 6);
    assert.deepEqual([answering.stops, collector.requestAnalysis(triggerRequest()).outcome], [1, 'no_target']);
  });
});
