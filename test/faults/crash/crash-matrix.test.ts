import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { FAULT_POINTS, type FaultPoint } from '../../../src/base/fault-point.ts';
import { bundleProgram } from '../../fake/fault-point-program.ts';
import { BUSY, type ReceivedRequest } from '../../fake/otlp-endpoint.ts';
import { seededRandom } from '../../fake/seeded-random.ts';
import { CONTROL_LINE, CrashWorld, emptied, HUNG_MILLIS, type Run } from './crash-world.ts';

/**
 * Where procmond is killed: at each fault point, `:n` for the n-th passing, `@name` for the event it is about. One that is
 * not passed is a failure.
 *
 * - `first`: each time the first run of a new data directory
 * - `well`: run after run of one data directory, the endpoint takes everything
 * - `rebooted`: the host was booted anew before each run
 * - `refusing`: the endpoint refuses some records for good, and takes them when they are sent once more
 * - `full`: the endpoint is away, and the outbox full
 */
type World = 'first' | 'well' | 'rebooted' | 'refusing' | 'full';

const MATRIX: Readonly<Record<FaultPoint, Partial<Record<World, readonly string[]>>>> = {
  'start.locked': { first: [''], well: [''] },
  'start.database_opened': { first: [''], well: [''] },
  'start.schema_put': { first: [''] },
  'start.schema_committed': { first: [''] },
  'start.store_opened': { first: [''], well: [''] },
  'start.instance_put': { first: [''] },
  'start.redaction_key_put': { first: [''] },

  'cycle.begun': { well: ['', ':3'] },
  'cycle.enumerated': { well: ['', ':3'] },
  'cycle.planned': { well: ['', ':3'] },
  'cycle.rows_written': { first: [''], well: ['', ':3'], rebooted: [''] },
  'cycle.figures_written': { well: ['', ':3'] },
  'cycle.snapshot_written': { well: ['', ':3'], rebooted: [''] },
  'event.emitted': {
    first: ['@procmond.agent.started', '@procmond.agent.baseline', '@procmond.process.observed:5'],
    well: [
      '@procmond.agent.started',
      '@procmond.process.stopped',
      '@procmond.process.started:2',
      '@procmond.process.changed',
      '@procmond.process.observed:30',
      '@procmond.process.finding:2',
      '@procmond.cycle.completed',
      '@procmond.trigger.requested',
      '@procmond.binary.hashed',
      '@procmond.agent.stopped',
    ],
    rebooted: ['@procmond.process.stopped:5', '@procmond.process.started:5'],
    refusing: ['@procmond.agent.events_discarded'],
  },
  'outbox.chunk_put': { first: [':2'], well: ['', ':4', ':9'] },
  'outbox.chunk_evicted': { full: ['', ':2', ':3'] },
  'outbox.flushed': { first: [''], well: ['', ':2', ':5'], full: [':3'] },
  'discards.marked_told': { refusing: [''], full: [''] },
  'discards.told': { refusing: [''], full: [''] },
  'event.published': { well: ['', ':20'] },
  'cycle.committed': { first: [''], well: ['', ':3'], rebooted: [''], full: [':2'] },
  'cycle.adopted': { first: [''], well: ['', ':3'] },

  'transaction.begun': { first: ['', ':2', ':3', ':4'], well: ['', ':2', ':3', ':9'] },
  'transaction.worked': {
    first: ['', ':2', ':3', ':4'],
    well: ['', ':2', ':3', ':9'],
    refusing: [':12'],
    full: [':4'],
  },
  'transaction.committed': {
    first: ['', ':2', ':3', ':4'],
    well: ['', ':2', ':3', ':9'],
    refusing: [':12'],
    full: [':4'],
  },
  'transaction.adopted': { first: ['', ':2', ':3', ':4'], well: ['', ':2', ':3', ':9'] },

  'batch.taken': { first: [''], well: ['', ':5'] },
  'request.made': { first: [''], well: ['', ':5'], refusing: [':7'] },
  'request.answered': { first: [''], well: ['', ':5'], refusing: [':7'] },
  'batch.answered': { first: [''], well: ['', ':5'], refusing: [':3', ':7'] },
  'dead_letter.put': { refusing: ['', ':2'] },
  'dead_letter.retried': { refusing: [''] },
  'dead_letter.removed': { refusing: [''] },
  'outbox.chunk_removed': { well: ['', ':4'], refusing: [':3'] },
  'outbox.cursor_put': { first: [''], well: ['', ':4'], refusing: [':3'] },
  'batch.settled': { first: [''], well: ['', ':4'], refusing: [':3'] },

  'stop.sources_stopped': { well: [''] },
  'stop.told': { well: [''] },
  'stop.drained': { well: [''], full: [''] },
  'stop.store_closing': { well: [''] },
  'stop.database_closed': { first: [''], well: [''] },
  'stop.unlocked': { well: [''] },
};

/** Of one world: all `<point>[@<detail>][:<n>]` of the table. */
function killsOf(world: World): readonly string[] {
  return FAULT_POINTS.flatMap((point) => (MATRIX[point][world] ?? []).map((passing) => `${point}${passing}`));
}

const CYCLES = 4;

test('a run that is killed at any step leaves what the next one can go on with', {
  concurrency: 2,
  timeout: HUNG_MILLIS,
}, async (t) => {
  const program = join(await bundleProgram(t, { faultPoints: true }), 'main.js');
  const common = { program, processes: 12 };

  const worlds = [
    t.test('where there was nothing before', async (ofWorld) => {
      for (const kill of killsOf('first')) {
        await ofWorld.test(`killed at ${kill}`, async (ofKill) => {
          const world = await CrashWorld.start(ofKill, common);
          await killAt(world, kill);
          await world.settle();
        });
      }
    }),

    t.test('run after run, with an endpoint that takes everything', async (ofWorld) => {
      const world = await CrashWorld.start(ofWorld, common);
      for (const kill of killsOf('well')) await ofWorld.test(`killed at ${kill}`, () => killAt(world, kill));
      await world.settle();
      assert.equal(world.ledger.figures.delivered, world.ledger.figures.committed);
    }),

    t.test('after a reboot of the host', async (ofWorld) => {
      const world = await CrashWorld.start(ofWorld, common);
      await world.settle();
      for (const kill of killsOf('rebooted')) {
        world.host.reboot();
        await ofWorld.test(`killed at ${kill}`, () => killAt(world, kill));
      }
      await world.settle();
    }),

    t.test('while the endpoint refuses some records for good, and later takes them', async (ofWorld) => {
      const refuses = ({ records }: ReceivedRequest) =>
        records.some(({ eventName }) => eventName === 'procmond.process.started');
      const world = await CrashWorld.start(ofWorld, { ...common, refuses });
      await world.settle();
      await world.run(cycles(world));
      assert.ok(world.ledger.figures.deadLetters > 0, 'there are dead letters');
      for (const kill of killsOf('refusing')) {
        const tells = /discard/.test(kill);
        const retries = /^dead_letter\.(retried|removed)/.test(kill);
        await ofWorld.test(`killed at ${kill}`, async () => {
          // What was refused is told by the next run, and sent once more when that is asked; all else begins with nothing left.
          if (!tells && !retries) await world.settle();
          world.isPicky = !retries;
          await killAt(world, kill, { retries });
        });
      }
      await world.settle();
    }),

    t.test('while the endpoint is away and the outbox full', async (ofWorld) => {
      const world = await CrashWorld.start(ofWorld, {
        program,
        processes: 100,
        argumentsOf: muchToTell,
        env: { PROCMOND_OUTBOX_MAX_BYTES: String(1024 ** 2) },
        getsFull: true,
      });
      world.mood = () => BUSY;
      // Lives can be followed from where they are known.
      await world.run(cycles(world, { count: 1, delivers: false }));
      assert.equal(world.ledger.figures.evicted, 0);
      while (world.ledger.figures.evicted === 0) await world.run(cycles(world, { delivers: false }));
      for (const kill of killsOf('full')) {
        await ofWorld.test(`killed at ${kill}`, () => killAt(world, kill, { delivers: false }));
      }
      await world.settle();
    }),
  ];
  await Promise.all(worlds);
});

/**
 * As much as is told of a process, and hardly less when it is compressed, of those that live long: what is observed fills a
 * small outbox in a few cycles, while starts and stops hardly show in it.
 */
function muchToTell(pid: number): readonly string[] {
  if (pid <= 50 || pid > 100) return [];
  const random = seededRandom(pid);
  const word = () => Array.from({ length: 6 }, () => String.fromCodePoint(97 + Math.floor(random() * 26))).join('');
  return Array.from({ length: 200 }, () => Array.from({ length: 5 }, word).join(' '));
}

/** Runs procmond until it kills itself. */
async function killAt(world: CrashWorld, kill: string, options?: CyclesOptions): Promise<void> {
  const { end, lastPoint, log } = await world.run(cycles(world, options), { kill });
  assert.equal(end, 'SIGKILL', `${kill} was not passed in a whole run:\n${log}`);
  assert.ok(kill.startsWith(String(lastPoint)), `killed at ${lastPoint}`);
}

interface CyclesOptions {
  readonly count?: number;
  /** Has dead letters sent once more. */
  readonly retries?: boolean;
  /** Waits until nothing is left to deliver before it stops; it does by default. */
  readonly delivers?: boolean;
}

/** A run in which there is something of everything: cycles of a host that changes, a listener, a request, a stop. */
function cycles(world: CrashWorld, { count = CYCLES, retries = false, delivers = true }: CyclesOptions = {}) {
  return async ({ procmond, client }: Run): Promise<void> => {
    await procmond.says(CONTROL_LINE);
    const listening = new AbortController();
    const opened = Promise.withResolvers<void>();
    const stream = client.stream('/v1/events?topic=collector/%23', {
      signal: listening.signal,
      opened: opened.resolve,
      each: () => {},
    });
    await procmond.orEnd(Promise.race([opened.promise, stream]));
    if (retries) await client.ask({ method: 'POST', path: '/v1/outbox/retry' });
    for (let cycle = 0; cycle < count; cycle++) {
      world.host.change();
      await client.ask({ method: 'POST', path: '/v1/cycle' });
      if (cycle === 0) await client.ask({ method: 'POST', path: '/v1/triggers', body: request(world.host.newestPid) });
    }
    if (delivers) await emptied(client);
    await procmond.end('SIGTERM');
    listening.abort();
    await stream;
  };
}

function request(pid: number) {
  return { target: 'binary-hasher', analysisType: 'binary_hash', pid };
}
