import type { TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { freePorts } from '../../e2e/harness/free-ports.ts';
import { ACCEPT, BUSY, OtlpEndpoint, type Step, status } from '../../fake/otlp-endpoint.ts';
import type { DeliveredRecords } from './delivered-records.ts';

const HEALTHY_MILLIS = { least: 6_000, most: 25_000 };
const OUTAGE_MILLIS = { least: 2_000, most: 15_000 };

/** What there is of an outage: nobody listens, it is busy, cuts connections before or after it took the records, or hangs. */
const OUTAGES = ['refused', 'busy', 'overloaded', 'cut', 'cut after', 'silent'] as const;
type Outage = (typeof OUTAGES)[number];

const ANSWERS: Readonly<Record<Exclude<Outage, 'refused'>, Step>> = {
  busy: BUSY,
  overloaded: status(503, 'sending queue is full', { 'retry-after': '1' }),
  cut: { kind: 'cut_before' },
  'cut after': { kind: 'cut_after' },
  silent: { kind: 'silent' },
};

/** An endpoint on one address that has an outage every now and then, until it is told to be well. */
export class UnreliableEndpoint {
  readonly url: string;
  /** How often there was each kind of outage. */
  readonly outages = new Map<Outage, number>();
  readonly #t: Pick<TestContext, 'after'>;
  readonly #port: number;
  readonly #records: DeliveredRecords;
  #endpoint: OtlpEndpoint | undefined;

  private constructor(t: Pick<TestContext, 'after'>, port: number, records: DeliveredRecords) {
    this.#t = t;
    this.#port = port;
    this.#records = records;
    this.url = `http://127.0.0.1:${port}`;
  }

  static async start(t: Pick<TestContext, 'after'>, records: DeliveredRecords): Promise<UnreliableEndpoint> {
    const { endpoint: port } = await freePorts(['endpoint']);
    const started = new UnreliableEndpoint(t, port, records);
    await started.#listen();
    return started;
  }

  /** Has outages until `signal` aborts; then it is well. */
  async run(random: () => number, signal: AbortSignal): Promise<void> {
    const between = ({ least, most }: { least: number; most: number }) => least + random() * (most - least);
    while (!signal.aborted) {
      await pause(between(HEALTHY_MILLIS), signal);
      if (signal.aborted) return;
      const outage = OUTAGES[Math.floor(random() * OUTAGES.length)] ?? 'refused';
      this.outages.set(outage, (this.outages.get(outage) ?? 0) + 1);
      await this.#suffer(outage, pause(between(OUTAGE_MILLIS), signal));
    }
  }

  /** Hands on what was taken since the last time. */
  collect(): void {
    if (this.#endpoint === undefined) return;
    this.#records.take(this.#endpoint.taken.splice(0));
    this.#endpoint.requests.length = 0;
  }

  async #suffer(outage: Outage, over: Promise<void>): Promise<void> {
    if (outage === 'refused') await this.#close();
    else this.#answer(ANSWERS[outage]);
    await over;
    // Connections that hang are cut, as where a server is started anew.
    await this.#close();
    await this.#listen();
  }

  async #listen(): Promise<void> {
    this.#endpoint = await OtlpEndpoint.start(this.#t, { port: this.#port });
    this.#answer(ACCEPT);
  }

  async #close(): Promise<void> {
    await this.#endpoint?.close();
    this.collect();
    this.#endpoint = undefined;
  }

  #answer(step: Step): void {
    if (this.#endpoint === undefined) return;
    this.#endpoint.otherwise = () => {
      this.collect();
      return step;
    };
  }
}

async function pause(millis: number, signal: AbortSignal): Promise<void> {
  await delay(millis, undefined, { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}
