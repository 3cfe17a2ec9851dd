import { BARS, type Bar } from '../bars.ts';
import {
  type CycleCost,
  medianPerProcess,
  medianPhases,
  medianProcesses,
  medianSum,
  READING,
  type ReferenceCost,
  type Variant,
} from '../measure/cycle-cost.ts';
import type { HashCost } from '../measure/hash-cost.ts';
import type { HostCost, SmallHostCost } from '../measure/host-cost.ts';
import type { InventoryCost } from '../measure/inventory-cost.ts';
import { COMMITTING, type LargeOutboxCost, type OutboxCost } from '../measure/outbox-cost.ts';
import type { ReadingCost } from '../measure/reading-cost.ts';
import type { RecordBytes } from '../measure/record-bytes.ts';
import type { StartCost } from '../measure/start-cost.ts';
import type { TopicBusCost } from '../measure/topic-bus-cost.ts';
import { PHASES } from '../procmond/driven-source.ts';
import type { DrivenCycle } from '../procmond/driver-process.ts';
import type { ReferenceName } from '../references/references.ts';
import type { Row, RowReference } from './row.ts';
import { median } from './statistics.ts';

const VARIANT_NAMES: Readonly<Record<Variant, string>> = {
  changes: '--emit changes',
  changesWithoutRefresh: '--emit changes, no rolling refresh',
  changesWithoutEnhanced: '--emit changes, --enhanced-metadata=false',
  all: '--emit all',
  alwaysNew: 'first cycle of a new source, warm program, not delivered',
};

/** CPU milliseconds, medians. */
export function phaseTable({ variants }: CycleCost): readonly (readonly string[])[] {
  return [
    ['', ...PHASES, 'together'],
    phaseLine('first cycle of a new program', firstCycles(variants)),
    ...Object.entries(variants).map(([name, { cycles }]) => phaseLine(VARIANT_NAMES[name as Variant], cycles)),
  ];
}

function phaseLine(name: string, cycles: readonly DrivenCycle[]): readonly string[] {
  const medians = medianPhases(cycles);
  return [name, ...PHASES.map((phase) => medians[phase].toFixed(2)), medianSum(cycles).toFixed(2)];
}

/** What there is to compare or to hold against a bar, on one host. */
export function hostRows(host: HostCost): readonly Row[] {
  const processes = Math.round(medianProcesses(host.cycles));
  return [
    ...readingRows(host.cycles),
    ...cycleRows(host),
    ...commitRows(host.cycles),
    ...delayRows(host.reading),
    ...inventoryRows(host.inventory),
    ...(host.small === undefined ? [] : smallHostRows(host.small)),
  ].map((row) => ({ processes, ...row }));
}

interface Growing {
  readonly what: string;
  /** Of CPU, for one process. */
  readonly micros: (cycles: CycleCost) => number | undefined;
  readonly bar?: Bar;
}

const GROWING: readonly Growing[] = [
  { what: 'read and compare', micros: readingMicros('changes'), bar: BARS.reading.growth },
  {
    what: 'read and compare, without rolling refresh',
    micros: readingMicros('changesWithoutRefresh'),
    bar: BARS.reading.growth,
  },
  {
    what: 'the full read in C',
    micros: (cycles) => {
      const { fullReader } = cycles.references;
      return 'missing' in fullReader ? undefined : (median(fullReader.cpuMillis) / medianProcesses(cycles)) * 1000;
    },
  },
];

/** How the cost of one process grows from the smallest host to each of the others. */
export function growthRows(hosts: readonly HostCost[]): readonly Row[] {
  const [smallest, ...others] = hosts
    .map(({ cycles }) => cycles)
    .sort((a, b) => medianProcesses(a) - medianProcesses(b));
  if (smallest === undefined) return [];
  const name = `at ${Math.round(medianProcesses(smallest))}`;
  return others.flatMap((larger) =>
    GROWING.flatMap(({ what, micros, ...bar }) => {
      const [measured, value] = [micros(larger), micros(smallest)];
      if (measured === undefined || value === undefined) return [];
      const processes = Math.round(medianProcesses(larger));
      const reference = { name, value };
      return [{ processes, what: `CPU for one process, ${what}`, measured, unit: 'us', reference, ...bar }];
    }),
  );
}

function readingMicros(variant: Variant): Growing['micros'] {
  return ({ variants }) => medianPerProcess(variants[variant].cycles, READING) * 1000;
}

/** All that a row says but on which host. */
type HostRow = Omit<Row, 'processes'>;

function readingRows({ variants, references }: CycleCost): readonly HostRow[] {
  const reading = (variant: Variant) => medianSum(variants[variant].cycles, READING);
  const against = (what: string, measured: number, reference: RowReference, bar?: Bar): HostRow => ({
    what: `CPU, ${what}`,
    measured,
    unit: 'ms',
    reference,
    ...(bar && { bar }),
  });
  const to = (name: ReferenceName): RowReference => referenceOf(references[name]);
  const plain = 'read and compare, a steady cycle';
  const first = medianSum(firstCycles(variants), READING);
  const whole = medianSum(variants.changes.cycles);
  return [
    against(
      `${plain} without rolling refresh`,
      reading('changesWithoutRefresh'),
      to('fullReader'),
      BARS.reading.withoutRefresh,
    ),
    against(plain, reading('changes'), to('fullReader'), BARS.reading.withRefresh),
    against(
      'read and compare, the first cycle of a new source, warm program',
      reading('alwaysNew'),
      to('fullReader'),
      BARS.reading.firstCycle,
    ),
    against('read and compare, the first cycle of a new program', first, to('fullReader')),
    against(plain, reading('changes'), to('ps'), BARS.reading.againstPs),
    against(plain, reading('changes'), to('processExporter'), BARS.reading.againstProcessExporter),
    against('the whole cycle with its delivery, --emit changes', whole, to('processExporter')),
    against(plain, reading('changes'), to('systeminformation'), BARS.reading.againstSysteminformation),
    against(
      `${plain}, --enhanced-metadata=false`,
      reading('changesWithoutEnhanced'),
      { name: 'with enhanced metadata', value: reading('changes') },
      BARS.reading.withoutEnhanced,
    ),
  ];
}

/** Of the programs that read all there is to read. */
function firstCycles(variants: CycleCost['variants']): readonly DrivenCycle[] {
  const { changesWithoutEnhanced: _, ...full } = variants;
  return Object.values(full).map(({ first }) => first);
}

function referenceOf(cost: ReferenceCost): RowReference {
  return 'missing' in cost ? cost : { name: cost.name, value: median(cost.cpuMillis) };
}

function cycleRows({ cycles, inventory }: HostCost): readonly HostRow[] {
  const { changes, all } = cycles.variants;
  const unit = 'ms';
  return [
    {
      what: 'CPU, cycle and delivery, --emit changes',
      measured: medianSum(changes.cycles),
      unit,
      bar: BARS.cycle.emitChanges,
    },
    {
      what: `CPU of the whole program, cycle and delivery, --emit changes, mean of ${inventory.steadyCycles} cycles one after the other`,
      measured: inventory.steadyCpuMillis,
      unit,
      bar: BARS.cycle.emitChanges,
    },
    {
      what: 'CPU, cycle and delivery for 1,000 processes, --emit all',
      measured: medianPerProcess(all.cycles) * 1000,
      unit,
      bar: BARS.cycle.emitAll,
    },
  ];
}

function commitRows({ variants }: CycleCost): readonly HostRow[] {
  const wall = (cycles: readonly DrivenCycle[]) => median(cycles.map(({ commitWallMillis }) => commitWallMillis));
  // A first cycle writes a row for each process, and tells each as observed.
  const wallForRows = (cycles: readonly DrivenCycle[]) =>
    median(cycles.map(({ commitWallMillis, processes }) => (commitWallMillis / processes) * 1000));
  const unit = 'ms';
  return [
    {
      what: 'wall time of the commit, a steady cycle, --emit changes',
      measured: wall(variants.changes.cycles),
      unit,
      bar: BARS.cycle.steadyCommit,
    },
    {
      what: 'wall time of the commit for 1,000 rows, a first cycle, warm program',
      measured: wallForRows(variants.alwaysNew.cycles),
      unit,
    },
    {
      what: 'wall time of the commit for 1,000 rows, a first cycle, new program',
      measured: wallForRows(firstCycles(variants)),
      unit,
      detail: true,
    },
  ];
}

function delayRows({ steadyDelay, firstDelay, allocatedBytesPerProcess: bytes }: ReadingCost): readonly HostRow[] {
  const unit = 'ms';
  const bar = BARS.cycle.eventLoopDelay;
  return [
    {
      what: 'event loop held up while reading and comparing, p99, steady cycles',
      measured: steadyDelay.p99Millis,
      unit,
      bar,
    },
    {
      what: 'event loop held up while reading and comparing, longest, steady cycles',
      measured: steadyDelay.maxMillis,
      unit,
    },
    {
      what: 'event loop held up while reading and comparing, p99, first cycles',
      measured: firstDelay.p99Millis,
      unit,
      bar,
    },
    {
      what: 'event loop held up while reading and comparing, longest, first cycles',
      measured: firstDelay.maxMillis,
      unit,
    },
    ...(bytes === undefined
      ? []
      : [
          {
            what: 'heap allocated for an unchanged process, a steady cycle without rolling refresh',
            measured: bytes,
            unit: 'B',
          },
        ]),
  ];
}

function inventoryRows(inventory: InventoryCost): readonly HostRow[] {
  return memoryRows('--emit changes, first inventory delivered', inventory, BARS.program.inventoryMemory);
}

function smallHostRows(small: SmallHostCost): readonly HostRow[] {
  const { start, daemonFast, daemon, bytes, topicBus } = small;
  return [
    ...programRows({ daemonFast, daemon }),
    startRow(start),
    ...byteRows(bytes),
    ...outboxRows(small.outbox),
    ...(small.largeOutbox === undefined ? [] : largeOutboxRows(small.largeOutbox)),
    ...topicBusRows(topicBus),
    {
      what: 'CPU, redaction of the arguments of a process, over command lines half of which hold secrets',
      measured: small.redaction.all,
      unit: 'us',
      bar: BARS.program.redaction,
    },
    ...hashingRows(small.hashing),
  ];
}

function hashingRows({ processes, files, fileBytes, cycles, engine, sha256sum }: HashCost): readonly HostRow[] {
  const totalMegabytes = (files * fileBytes) / 1e6;
  const millis = (megabytesPerSecond: readonly number[]) => (totalMegabytes / median(megabytesPerSecond)) * 1000;
  const executables = `${files} executables of ${processes} processes`;
  return [
    {
      what: `hashing the ${executables}, without a rate limit`,
      measured: millis(engine),
      unit: 'ms',
      reference: { name: 'sha256sum', value: millis(sha256sum) },
      bar: BARS.program.hashing,
    },
    {
      what: 'read by the cycle after it, to hash',
      measured: cycles.second.readBytes,
      unit: 'B',
      bar: BARS.program.hashingAgain,
    },
  ];
}

function topicBusRows({ busNanos, stuckNanos, emitterNanos, unheardNanos }: TopicBusCost): readonly HostRow[] {
  const what = 'publishing a message to 10 subscribers';
  const reference = { name: 'emit of an EventEmitter with 10 listeners', value: emitterNanos };
  const bar = BARS.program.publish;
  return [
    { what, measured: busNanos, unit: 'ns', reference, bar },
    { what: `${what}, one of them stuck`, measured: stuckNanos, unit: 'ns', reference, bar },
    { what: 'publishing a message that nobody listens to', measured: unheardNanos, unit: 'ns', detail: true },
  ];
}

function programRows({ daemonFast, daemon }: Pick<SmallHostCost, 'daemon' | 'daemonFast'>): readonly HostRow[] {
  const pace = {
    fast: `${daemonFast.cycles} cycles one after the other`,
    slow: `first ${daemon.cycles} cycles, one in 5 s`,
  };
  const cpu = 'CPU of the whole program, cycle and delivery for 1,000 processes, --emit all';
  return [
    {
      what: `${cpu}, mean of ${pace.fast}`,
      measured: daemonFast.cpuMillisPerProcess * 1000,
      unit: 'ms',
      bar: BARS.cycle.emitAll,
    },
    { what: `${cpu}, mean of its ${pace.slow}`, measured: daemon.cpuMillisPerProcess * 1000, unit: 'ms' },
    ...memoryRows(`--emit all, after ${pace.fast}`, daemonFast, BARS.program.memory),
    ...memoryRows(`--emit all, after its ${pace.slow}`, daemon, BARS.program.memory),
  ];
}

function memoryRows(
  when: string,
  { memory, peakMemory }: Pick<InventoryCost, 'memory' | 'peakMemory'>,
  bar: Bar,
): readonly HostRow[] {
  const unit = 'MB';
  return [
    { what: `memory, RssAnon, ${when}`, measured: megabytes(memory.anonymousBytes), unit, bar },
    { what: `memory, RssAnon, ${when}: the peak`, measured: megabytes(peakMemory.anonymousBytes), unit, detail: true },
    {
      what: `memory, VmRSS (with mapped files), ${when}`,
      measured: megabytes(memory.residentBytes),
      unit,
      detail: true,
    },
  ];
}

function startRow({ cpuSeconds }: StartCost): HostRow {
  return {
    what: 'CPU, start to first committed cycle',
    measured: median(cpuSeconds),
    unit: 's',
    bar: BARS.program.start,
  };
}

function byteRows({ wire, outboxPages, fileGrowth, written }: RecordBytes): readonly HostRow[] {
  const unit = 'B';
  const bar = BARS.program.written;
  return [
    { what: 'on the wire, a record, plain', measured: wire.plain, unit },
    { what: 'on the wire, a record, gzip', measured: wire.gzip, unit },
    { what: 'in the outbox, a record, pages', measured: outboxPages, unit, bar: BARS.program.outbox },
    { what: 'in the outbox, a record, growth of the file', measured: fileGrowth, unit, detail: true },
    { what: 'written to disk, a record, endpoint down', measured: written.endpointDown, unit, bar },
    { what: 'written to disk, a record, endpoint up', measured: written.endpointUp, unit, bar },
  ];
}

function outboxRows({ records, empty, full }: OutboxCost): readonly HostRow[] {
  return [
    {
      what: `CPU, a cycle without delivery, --emit all, with ${records.toLocaleString('en-US')} records in the outbox`,
      measured: medianSum(full, COMMITTING),
      unit: 'ms',
      reference: { name: 'an empty outbox', value: medianSum(empty, COMMITTING) },
      bar: BARS.cycle.fullOutbox,
    },
  ];
}

function largeOutboxRows({ cycles, start }: LargeOutboxCost): readonly HostRow[] {
  const { records, storeBytes } = cycles.waiting;
  const held = `with ${cycles.records.toLocaleString('en-US')} records in the outbox`;
  return [
    ...outboxRows(cycles),
    { what: `on disk, the store ${held}`, measured: megabytes(storeBytes), unit: 'MB' },
    { what: `on disk, a record, ${held}`, measured: storeBytes / records, unit: 'B', bar: BARS.program.outbox },
    {
      what: `CPU, start to first committed cycle, ${held}`,
      measured: start.full.cpuSeconds,
      unit: 's',
      reference: { name: 'an empty outbox', value: start.empty.cpuSeconds },
      bar: BARS.program.start,
    },
    {
      what: `memory, RssAnon, after the first cycle of a start ${held}`,
      measured: megabytes(start.full.anonymousBytes),
      unit: 'MB',
      reference: { name: 'an empty outbox', value: megabytes(start.empty.anonymousBytes) },
      detail: true,
    },
  ];
}

function megabytes(bytes: number): number {
  return bytes / 1024 / 1024;
}
