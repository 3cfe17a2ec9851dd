import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { TEST_TOPIC, things } from '../fake/committed-events.ts';
import { DeliveringDaemon } from '../fake/delivering-daemon.ts';
import { ACCEPT, OtlpEndpoint, status } from '../fake/otlp-endpoint.ts';

const INTERVAL_MILLIS = 30_000;
const CYCLES_PER_HOUR = 120;
const EVENTS_PER_CYCLE = 40;
const WHILE_IT_WAS_AWAY = CYCLES_PER_HOUR * EVENTS_PER_CYCLE;

/** What a request may hold: with records of 40 events a cycle, twelve cycles and more. */
const MAX_BATCH_RECORDS = 512;

describe('an endpoint that comes back after an hour', () => {
  test('gets everything in order, one request at a time, and what is committed meanwhile behind it', async (t) => {
    const endpoint = await OtlpEndpoint.start(t);
    const daemon = await DeliveringDaemon.start(t, { deliverTo: endpoint.url });
    await daemon.emptied();
    await endpoint.close();
    const { clock } = daemon.agent;
    const attempts = await awayForAnHour(daemon);
    assert.equal(daemon.waiting, WHILE_IT_WAS_AWAY);
    // A second, two, four ... and from then on once or twice a minute, not once per cycle or for ever later.
    assert.ok(attempts >= 60 && attempts <= 130, `${attempts} attempts in an hour`);

    await endpoint.reopen();
    const before = endpoint.attempts;
    endpoint.otherwise = () => {
      if (endpoint.attempts - before <= 20) daemon.commit(things(EVENTS_PER_CYCLE));
      return ACCEPT;
    };
    clock.advance((await daemon.blocked()).pauseMillis);
    await daemon.emptied();

    const committed = 1 + WHILE_IT_WAS_AWAY + 20 * EVENTS_PER_CYCLE;
    assert.deepEqual(
      endpoint.takenSeqs,
      Array.from({ length: committed }, (_, index) => index + 1),
    );
    assert.equal(new Set(endpoint.taken.map(({ uid }) => uid)).size, committed);
    assert.equal(endpoint.mostAtOnce, 1);
    const sizes = endpoint.requests.map(({ records }) => records.length);
    assert.ok(Math.max(...sizes) <= MAX_BATCH_RECORDS, 'and none of them is large');
    assert.ok(endpoint.attempts - before < 60, `${endpoint.attempts - before} requests: it does not crawl`);
    assert.equal((await daemon.metric('procmond_events_acknowledged_total'))[TEST_TOPIC], committed - 1);
  });

  test('and takes no more than so much at a time is given no more, and asked when it said', async (t) => {
    const endpoint = await OtlpEndpoint.start(t);
    const daemon = await DeliveringDaemon.start(t, { deliverTo: endpoint.url });
    await daemon.emptied();
    await endpoint.close();
    let attempts = await awayForAnHour(daemon);

    await endpoint.reopen();
    const { clock } = daemon.agent;
    const askedAtMillis: number[] = [];
    let budget = 2;
    endpoint.otherwise = () => {
      askedAtMillis.push(clock.monotonicMillis());
      if (budget-- > 0) return ACCEPT;
      budget = 2;
      return status(429, 'two at a time', { 'retry-after': '20' });
    };
    clock.advance((await daemon.blocked()).pauseMillis);
    while (daemon.waiting > 0) {
      await Promise.race([daemon.emptied(), daemon.blocked(++attempts)]);
      if (daemon.waiting > 0) clock.advance(20_000);
    }
    assert.deepEqual(
      endpoint.takenSeqs,
      Array.from({ length: 1 + WHILE_IT_WAS_AWAY }, (_, index) => index + 1),
    );
    const startedAt = askedAtMillis[0] ?? 0;
    assert.deepEqual(
      askedAtMillis.map((millis) => millis - startedAt),
      askedAtMillis.map((_, index) => Math.floor(index / 3) * 20_000),
      'twice with success, and once to be told to wait',
    );
  });
});

/** A cycle every 30 s for an hour, and the pauses of delivery between them. @returns how often it tried */
async function awayForAnHour(daemon: DeliveringDaemon): Promise<number> {
  const { clock } = daemon.agent;
  const endsAt = clock.monotonicMillis() + CYCLES_PER_HOUR * INTERVAL_MILLIS;
  let cycleAt = clock.monotonicMillis();
  let attempts = 0;
  while (clock.monotonicMillis() < endsAt) {
    if (clock.monotonicMillis() >= cycleAt) {
      daemon.commit(things(EVENTS_PER_CYCLE));
      cycleAt += INTERVAL_MILLIS;
      if (attempts === 0) await daemon.blocked(++attempts);
    }
    const { pauseMillis } = await daemon.blocked(attempts);
    const step = Math.min(pauseMillis, cycleAt - clock.monotonicMillis());
    if (step === pauseMillis) attempts += 1;
    clock.advance(step);
  }
  await daemon.blocked(attempts);
  return attempts;
}
