import { EventEmitter, once } from 'node:events';
import type { TestContext } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ExportBlock } from '../../src/base/observer.ts';
import { reportText } from '../../src/cli/report-lines.ts';
import { statusLines } from '../../src/cli/status-lines.ts';
import type { EventSink } from '../../src/collector/event-source.ts';
import type { ForeignEvent } from '../../src/event/collection-event.ts';
import { openAgent } from './open-agent.ts';
import { ScriptedSource } from './scripted-source.ts';

type Agent = Awaited<ReturnType<typeof openAgent>>;

/**
 * The daemon between a store and an endpoint, all of it real but the clock; it commits what it is told to. Sequence number
 * 1 is the record of its own start.
 */
export class DeliveringDaemon {
  readonly agent: Agent;
  readonly #sink: EventSink;
  readonly #changes: EventEmitter;
  readonly #blocks: readonly (ExportBlock | undefined)[];

  private constructor(agent: Agent, sink: EventSink, changes: EventEmitter, blocks: (ExportBlock | undefined)[]) {
    this.agent = agent;
    this.#sink = sink;
    this.#changes = changes;
    this.#blocks = blocks;
  }

  /** Runs until the test ends. */
  static async start(t: TestContext, options: { readonly deliverTo: string }): Promise<DeliveringDaemon> {
    const changes = new EventEmitter();
    const blocks: (ExportBlock | undefined)[] = [];
    const changed = () => changes.emit('change');
    const exportBlocked = (block: ExportBlock | undefined) => {
      blocks.push(block);
      changed();
    };
    const agent = await openAgent(t, { ...options, observer: { exported: changed, exportBlocked } });
    const source = new ScriptedSource();
    agent.collector.register(source);
    void agent.collector.run(agent.stop.signal);
    t.after(() => agent.stop.abort());
    return new DeliveringDaemon(agent, agent.collector.sinkFor(source), changes, blocks);
  }

  commit(events: readonly ForeignEvent[]): void {
    this.#sink.commit({ events, observedAtMillis: this.agent.clock.wallMillis() });
  }

  get waiting(): number {
    return this.agent.store.outbox.recordCount;
  }

  /** Resolves as soon as nothing waits, and nothing stands in the way. */
  async emptied(): Promise<void> {
    await this.#until(() => this.waiting === 0 && this.agent.collector.exportBlock === undefined);
  }

  /** What stands in the way, as soon as so many attempts have ended with it and the pause after the last has begun. */
  async blocked(attempts = 1): Promise<ExportBlock & { readonly pauseMillis: number }> {
    await this.#until(() => this.#blocks.filter((block) => block !== undefined).length >= attempts);
    await nextTurn();
    const block = this.agent.collector.exportBlock;
    if (block === undefined) throw new Error('nothing stands in the way any more');
    return { ...block, pauseMillis: block.retryAtMonotonicMillis - this.agent.clock.monotonicMillis() };
  }

  /** Lets the pause before the next attempt pass. */
  async endPause(attempts = 1): Promise<void> {
    const { pauseMillis } = await this.blocked(attempts);
    this.agent.clock.advance(pauseMillis);
  }

  /** The values of a metric by its label, those that are not 0. */
  async metric(name: string): Promise<Readonly<Record<string, number>>> {
    const text = await this.agent.metrics.render();
    const samples = text.matchAll(new RegExp(`^${name}(?:\\{[a-z_]+="([^"]*)"\\})? (\\S+)$`, 'gm'));
    return Object.fromEntries(
      [...samples].flatMap(([, label = '', value]) => (Number(value) === 0 ? [] : [[label, Number(value)]])),
    );
  }

  /** What `procmond status` prints; what `procmond outbox` prints is a part of it. */
  get status(): string {
    return reportText(statusLines(this.agent.control.status()), { color: false });
  }

  async #until(condition: () => boolean): Promise<void> {
    while (!condition()) await once(this.#changes, 'change');
  }
}
