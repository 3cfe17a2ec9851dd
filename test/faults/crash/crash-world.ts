import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { FAULT_POINTS, type FaultPoint } from '../../../src/base/fault-point.ts';
import { ControlClient } from '../../../src/control/client.ts';
import type { OutboxReport } from '../../../src/control/protocol.ts';
import { ACCEPT, type Answer, OtlpEndpoint, type ReceivedRequest } from '../../fake/otlp-endpoint.ts';
import { RunningProcmond } from '../../fake/running-procmond.ts';
import { scratchDirectory } from '../../fake/scratch-store.ts';
import { waitUntil } from '../../fake/wait-until.ts';
import { ChangingHost, type ChangingHostOptions } from './changing-host.ts';
import { RecordLedger } from './record-ledger.ts';
import { readRemains } from './store-remains.ts';

export interface WorldOptions extends ChangingHostOptions {
  /** Path of a `main.js` with fault points (bundleProgram). */
  readonly program: string;
  /** `PROCMOND_*` and the like. */
  readonly env?: Readonly<Record<string, string>>;
  /** By default it takes everything. Absent: nothing is ever refused one by one. */
  readonly refuses?: (request: ReceivedRequest) => boolean;
  /** Whether the bound of the outbox may be reached. */
  readonly getsFull?: boolean;
}

export interface Run {
  readonly procmond: RunningProcmond;
  readonly client: ControlClient;
}

/**
 * One data directory with a host to watch and an endpoint to send to, for any number of runs of procmond, one after the
 * other; after each of them what it left is held against all that came before.
 */
export class CrashWorld {
  readonly host: ChangingHost;
  readonly ledger: RecordLedger;
  /** What the endpoint says to what it does not refuse. */
  mood: () => Answer = () => ACCEPT;
  /** Whether the endpoint refuses what `refuses` names. */
  isPicky = true;
  readonly #t: TestContext;
  readonly #options: WorldOptions;
  readonly #endpoint: OtlpEndpoint;
  readonly #dataDirectory: string;
  readonly #scratch: string;
  #runs = 0;

  private constructor(t: TestContext, options: WorldOptions, endpoint: OtlpEndpoint) {
    this.#t = t;
    this.#options = options;
    this.#endpoint = endpoint;
    this.#dataDirectory = join(scratchDirectory(t), 'data');
    this.#scratch = scratchDirectory(t);
    this.host = new ChangingHost(t, options);
    this.ledger = new RecordLedger({
      refusesSome: options.refuses !== undefined,
      getsFull: options.getsFull === true,
    });
    endpoint.otherwise = () => (request) => this.#answer(request);
  }

  static async start(t: TestContext, options: WorldOptions): Promise<CrashWorld> {
    return new CrashWorld(t, options, await OtlpEndpoint.start(t));
  }

  /**
   * One run of the program, from its start to its end, whoever brings that about: `drive` does what it likes with it, and
   * what it left is examined then.
   * @param kill where it kills itself (`PROCMOND_FAULT_POINT`)
   * @returns how it ended, and the point that it passed last
   */
  async run(
    drive: (run: Run) => Promise<unknown>,
    { kill }: { readonly kill?: string } = {},
  ): Promise<{
    readonly end: number | NodeJS.Signals | null;
    readonly lastPoint: FaultPoint | undefined;
    log: string;
  }> {
    const { program, env } = this.#options;
    const run = ++this.#runs;
    const trace = join(this.#scratch, 'trace');
    // It may be killed before it opens the file.
    writeFileSync(trace, '');
    const procmond = RunningProcmond.start(this.#t, {
      program,
      dataDirectory: this.#dataDirectory,
      endpoint: this.#endpoint.baseUrl,
      procRoot: this.host.procRoot,
      env: {
        ...env,
        OTEL_EXPORTER_OTLP_HEADERS: `${RUN_HEADER}=${run}`,
        PROCMOND_FAULT_TRACE: trace,
        ...(kill !== undefined && { PROCMOND_FAULT_POINT: kill }),
      },
    });
    await drive({ procmond, client: new ControlClient(join(this.#dataDirectory, 'control.sock')) });
    const end = await procmond.ended();
    assert.doesNotMatch(procmond.log, this.#options.refuses === undefined ? / ERROR / : / ERROR (?!record \d+ on )/);
    const remains = await readRemains(this.#dataDirectory, this.#scratch);
    this.ledger.runEnded(run, remains, { graceful: end === 0 });
    return { end, lastPoint: lastPoint(trace), log: procmond.log };
  }

  /** Has procmond bring everything to an endpoint that takes it, and stop; all has to be there then. */
  async settle(): Promise<void> {
    const { mood, isPicky } = this;
    this.mood = () => ACCEPT;
    this.isPicky = false;
    const { end, log } = await this.run(async ({ procmond, client }) => {
      await procmond.saysOrEnds(CONTROL_LINE);
      await client.ask({ method: 'POST', path: '/v1/cycle' });
      await emptied(client);
      await procmond.end('SIGTERM');
    });
    assert.equal(end, 0, log);
    this.ledger.allHasLeft();
    Object.assign(this, { mood, isPicky });
  }

  #answer(request: ReceivedRequest): Answer {
    const refused = this.isPicky && this.#options.refuses?.(request) === true;
    const answer: Answer = refused ? { kind: 'reply', status: 400, body: 'bad record' } : this.mood();
    this.ledger.note(Number(request.headers[RUN_HEADER]), request.records, answer);
    // The ledger has them; thousands of runs must not pile up here.
    this.#endpoint.requests.length = 0;
    this.#endpoint.taken.length = 0;
    return answer;
  }
}

/** By which the requests of a run are told from those of another, however late they are read. */
const RUN_HEADER = 'x-run';

/** Many times what a test of these takes: a delivery that never comes to its end must not keep the tests from theirs. */
export const HUNG_MILLIS = 900_000;

/** Written as soon as the socket can be asked. */
export const CONTROL_LINE = / control {2}/;

/** Resolves when nothing waits to be delivered any more, or nobody is there to deliver it. */
export async function emptied(client: ControlClient): Promise<void> {
  const isEmpty = async () => {
    const answer = await client.ask<OutboxReport>({ method: 'GET', path: '/v1/outbox' });
    return answer.kind !== 'ok' || answer.body.records === 0;
  };
  await waitUntil('nothing waits to be delivered', isEmpty, HUNG_MILLIS);
}

/** undefined where it passed none. */
function lastPoint(trace: string): FaultPoint | undefined {
  const [place] = readFileSync(trace);
  return place === undefined ? undefined : FAULT_POINTS[place];
}
