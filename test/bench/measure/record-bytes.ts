import { join } from 'node:path';
import { DrivenSource } from '../procmond/driven-source.ts';
import type { DrivenCycle } from '../procmond/driver-process.ts';
import { Sink } from '../procmond/sink.ts';
import { median } from '../report/statistics.ts';

/** Bytes for one record of `--emit all`, as means over whole cycles. */
export interface RecordBytes {
  /** Bodies of the requests, without HTTP headers. */
  readonly wire: { readonly plain: number; readonly gzip: number };
  /** CPU milliseconds of a delivery, median. */
  readonly deliverCpuMillis: { readonly plain: number; readonly gzip: number };
  /** The endpoint is down: what lies in the outbox. */
  readonly outboxPages: number;
  /** The same, by how much the file grew. */
  readonly fileGrowth: number;
  /** Handed to write(2) for the store, snapshot included; all of it is on the disk when a transaction ends. */
  readonly written: { readonly endpointDown: number; readonly endpointUp: number };
}

const WARM_UP_CYCLES = 3;
const CYCLES = 20;

export async function measureRecordBytes(options: { readonly directory: string }): Promise<RecordBytes> {
  const { directory } = options;
  await using sink = await Sink.start();
  const plain = await onTheWire(sink, { directory, compression: 'none' });
  const gzip = await onTheWire(sink, { directory, compression: 'gzip' });
  const down = await cyclesOf({ url: sink.url, directory, name: 'down', deliver: false });
  const last = down.at(-1) as DrivenCycle;
  const first = down[0] as DrivenCycle;
  return {
    wire: { plain: plain.bodyBytesPerRecord, gzip: gzip.bodyBytesPerRecord },
    deliverCpuMillis: { plain: plain.deliverCpuMillis, gzip: gzip.deliverCpuMillis },
    outboxPages: last.outbox.pageBytes / last.outbox.records,
    fileGrowth: (last.storeBytes - first.storeBytes) / (last.outbox.records - first.outbox.records),
    written: { endpointDown: writtenPerRecord(down), endpointUp: writtenPerRecord(plain.cycles) },
  };
}

async function onTheWire(sink: Sink, options: { readonly directory: string; readonly compression: 'none' | 'gzip' }) {
  await sink.take();
  const { directory, compression } = options;
  const env = { OTEL_EXPORTER_OTLP_LOGS_COMPRESSION: compression };
  const cycles = await cyclesOf({ url: sink.url, directory, name: compression, deliver: true, env });
  const { bodyBytes, records } = await sink.take();
  return {
    cycles,
    bodyBytesPerRecord: bodyBytes / records,
    deliverCpuMillis: median(cycles.map(({ cpuMillis }) => cpuMillis.deliver)),
  };
}

/** Without the first ones, in which the snapshot is new. */
async function cyclesOf(options: {
  readonly url: string;
  readonly directory: string;
  readonly name: string;
  readonly deliver: boolean;
  readonly env?: NodeJS.ProcessEnv;
}): Promise<readonly DrivenCycle[]> {
  const { url, deliver, env = {} } = options;
  const dataDirectory = join(options.directory, `bytes-${options.name}`);
  await using source = await DrivenSource.start({ dataDirectory, url, emit: 'all' }, { env });
  const cycles: DrivenCycle[] = [];
  for (let cycle = 0; cycle < WARM_UP_CYCLES + CYCLES; cycle++) cycles.push(await source.cycle({ deliver }));
  return cycles.slice(WARM_UP_CYCLES);
}

function writtenPerRecord(cycles: readonly DrivenCycle[]): number {
  const bytes = cycles.reduce((sum, { writtenBytes }) => sum + writtenBytes.commit + writtenBytes.deliver, 0);
  return bytes / cycles.reduce((sum, { records }) => sum + records, 0);
}
