import {
  type CycleCost,
  medianPerProcess,
  medianPhases,
  medianProcesses,
  medianSum,
  type Variant,
} from './cycle-cost.ts';
import type { DaemonCost } from './daemon-cost.ts';
import { PHASES } from './driven-source.ts';
import type { DrivenCycle } from './driver-process.ts';
import type { RecordBytes } from './record-bytes.ts';
import type { StartCost } from './start-cost.ts';
import { median } from './statistics.ts';
import type { SummaryRow } from './table.ts';

export interface Measurements {
  readonly start: StartCost;
  readonly cycles: CycleCost;
  readonly bytes: RecordBytes;
  /** Cycle after cycle, without the time between them. */
  readonly daemonFast: DaemonCost;
  readonly daemon: DaemonCost;
}

/** The bars for start and memory are those of a host with a thousand processes. */
const LARGEST_FOR_HOST_BARS = 2_000;

const VARIANT_NAMES: Readonly<Record<Variant, string>> = {
  changes: '--emit changes',
  changesWithoutRefresh: '--emit changes, no rolling refresh',
  all: '--emit all',
  allWithoutRefresh: '--emit all, no rolling refresh',
};

/** CPU milliseconds, medians. */
export function phaseTable({ variants }: CycleCost): readonly (readonly string[])[] {
  const firsts = Object.values(variants).map(({ first }) => first);
  return [
    ['', ...PHASES, 'together'],
    phaseLine('first cycle of a new process', firsts),
    ...Object.entries(variants).map(([name, { cycles }]) => phaseLine(VARIANT_NAMES[name as Variant], cycles)),
  ];
}

function phaseLine(name: string, cycles: readonly DrivenCycle[]): readonly string[] {
  const medians = medianPhases(cycles);
  return [name, ...PHASES.map((phase) => medians[phase].toFixed(2)), medianSum(cycles).toFixed(2)];
}

/** What there is to compare or to hold against a bar. */
export function summaryRows(measurements: Measurements): readonly SummaryRow[] {
  const small = medianProcesses(measurements.cycles) <= LARGEST_FOR_HOST_BARS;
  return [
    ...readingRows(measurements.cycles),
    ...cycleRows(measurements),
    ...[startRow(measurements.start), ...memoryRows(measurements)].map((row) => (small ? row : withoutBar(row))),
    ...byteRows(measurements.bytes),
  ];
}

function readingRows({ variants, fullReader, ps }: CycleCost): readonly SummaryRow[] {
  const names = { changes: '--emit changes', changesWithoutRefresh: 'without rolling refresh' } as const;
  return Object.entries(names).flatMap(([variant, name]) => {
    const measured = medianSum(variants[variant as Variant].cycles, ['enumerate', 'diff']);
    const row = { what: `CPU, enumerate and diff, ${name}`, measured, unit: 'ms' };
    return [
      { ...row, ...against('full read in C', fullReader) },
      ...(ps === undefined ? [] : [{ ...row, ...against('ps axo', ps) }]),
    ];
  });
}

function against(name: string, cpuMillis: readonly number[] | undefined) {
  if (cpuMillis === undefined) return {};
  return { reference: { name, value: median(cpuMillis) }, bar: { atMost: 1, of: 'ratio' } as const };
}

function cycleRows({ cycles, daemon, daemonFast }: Measurements): readonly SummaryRow[] {
  const unit = 'ms';
  const bar = { atMost: 100, of: 'measured' } as const;
  const driven = (variant: Variant) => medianPerProcess(cycles.variants[variant].cycles) * 1000;
  return [
    { what: 'CPU, cycle and delivery per 1,000 processes, --emit changes', measured: driven('changes'), unit },
    { what: 'CPU, cycle and delivery per 1,000 processes, --emit all', measured: driven('all'), unit, bar },
    {
      what: `the same by the whole program, mean of ${daemonFast.cycles} cycles one after the other`,
      measured: daemonFast.cpuMillisPerProcess * 1000,
      unit,
      bar,
    },
    {
      what: `the same by the whole program, mean of its first ${daemon.cycles} cycles, one in 5 s`,
      measured: daemon.cpuMillisPerProcess * 1000,
      unit,
    },
  ];
}

function withoutBar({ what, measured, unit }: SummaryRow): SummaryRow {
  return { what, measured, unit };
}

function startRow({ cpuSeconds }: StartCost): SummaryRow {
  const bar = { atMost: 1.5, of: 'measured' } as const;
  return { what: 'CPU, start to first committed cycle', measured: median(cpuSeconds), unit: 's', bar };
}

function memoryRows({ daemon, daemonFast }: Measurements): readonly SummaryRow[] {
  return [daemonFast, daemon].flatMap(({ cycles, memory, peakMemory }, index) => {
    const when = index === 0 ? `after ${cycles} cycles one after the other` : `after ${cycles} cycles, one in 5 s`;
    const bar = { atMost: 85, of: 'measured' } as const;
    const unit = 'MB';
    return [
      { what: `memory, RssAnon, --emit all, ${when}`, measured: megabytes(memory.anonymousBytes), unit, bar },
      { what: 'its peak', measured: megabytes(peakMemory.anonymousBytes), unit },
      { what: 'memory, VmRSS (with mapped files)', measured: megabytes(memory.residentBytes), unit },
    ];
  });
}

function byteRows({ wire, outboxPages, fileGrowth, written }: RecordBytes): readonly SummaryRow[] {
  const unit = 'B';
  const bar = { atMost: 250, of: 'measured' } as const;
  return [
    { what: 'on the wire, a record, plain', measured: wire.plain, unit },
    { what: 'on the wire, a record, gzip', measured: wire.gzip, unit },
    { what: 'in the outbox, a record, pages', measured: outboxPages, unit, bar },
    { what: 'in the outbox, a record, growth of the file', measured: fileGrowth, unit },
    { what: 'written to disk, a record, endpoint down', measured: written.endpointDown, unit, bar },
    { what: 'written to disk, a record, endpoint up', measured: written.endpointUp, unit, bar },
  ];
}

function megabytes(bytes: number): number {
  return bytes / 1024 / 1024;
}
