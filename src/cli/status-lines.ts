import type { BudgetReport } from '../base/observer.ts';
import { budgetFigures } from '../budget/budget-news.ts';
import type {
  CycleSummary,
  EventCounts,
  HealthReport,
  LastCycle,
  RightsReport,
  SourceReport,
  StatusReport,
  WatchedReport,
} from '../control/protocol.ts';
import { durationText, sizeText } from '../listing/quantity-text.ts';
import { outboxLines } from './outbox-lines.ts';
import type { ReportLine } from './report-lines.ts';

/** The status in the order an operator asks: does it run, does it see, does it deliver, what does it cost. */
export function statusLines(report: StatusReport): readonly ReportLine[] {
  const { lastCycle, watched, rights, outbox, events, sources } = report;
  return [
    {
      label: 'procmond',
      text: `${report.version}, pid ${report.pid}, up ${durationText(report.upSeconds * 1000)} (since ${report.startedAt})`,
    },
    ...healthLines(report.health),
    ...cycleLines(lastCycle, report.intervalSeconds),
    ...clockLines(lastCycle?.committed),
    { label: 'watched', text: watchedText(watched) },
    ...unseenLines(lastCycle?.committed, watched, rights),
    ...(rights === undefined ? [] : [{ label: 'rights', text: rights.held }]),
    ...outboxLines(outbox),
    ...eventLines(events),
    { label: 'cost', text: costText(report) },
    ...budgetLines(report.budget),
    ...sources.map(sourceLine),
  ];
}

function healthLines({ live, ready }: HealthReport): readonly ReportLine[] {
  if (live.status === 'failing') return [{ label: 'health', text: live.message, tone: 'bad' }];
  if (ready.status === 'failing') return [{ label: 'health', text: ready.message, tone: 'odd' }];
  // Still fresh, though the last cycle may have failed: then the message says so.
  const text = `live and ready: ${ready.message}`;
  return [{ label: 'health', text, ...(ready.lastFailure !== undefined && { tone: 'odd' }) }];
}

function cycleLines(lastCycle: LastCycle | undefined, intervalSeconds: number): readonly ReportLine[] {
  const every = `one every ${intervalSeconds} s`;
  if (lastCycle === undefined) return [{ label: 'cycle', text: `none has ended yet; ${every}`, tone: 'odd' }];
  const { committed, failure, endedSecondsAgo } = lastCycle;
  const ago = `${durationText(endedSecondsAgo * 1000)} ago`;
  if (failure !== undefined) return [{ label: 'cycle', text: `the last one failed ${ago}: ${failure}`, tone: 'bad' }];
  return committed === undefined ? [] : [{ label: 'cycle', text: `${ago}: ${cycleText(committed)}; ${every}` }];
}

function clockLines(cycle: CycleSummary | undefined): readonly ReportLine[] {
  if (cycle?.clockOffsetSeconds === undefined) return [];
  const text = `the wall clock is ${cycle.clockOffsetSeconds} s away from where it was when this boot was first seen`;
  return [{ label: 'clock', text, tone: 'odd' }];
}

function cycleText(cycle: CycleSummary): string {
  const news =
    cycle.baseline === undefined
      ? `${cycle.started} started, ${cycle.stopped} stopped, ${cycle.changed} changed`
      : `first look (${cycle.baseline.replaceAll('_', ' ')})`;
  return `${cycle.processes} processes, ${news} in ${cycle.durationMillis} ms`;
}

function watchedText({ enumerator, procRoot, hostId, pidNamespace, sight, hashes }: WatchedReport): string {
  if (enumerator === undefined) return 'nothing was seen yet';
  const facts = [
    `all processes of ${procRoot} by ${enumerator}`,
    pidNamespace === undefined ? '' : `pid namespace ${pidNamespace}`,
    hostId === undefined ? 'no host.id' : `host ${hostId}`,
    hashes ? 'executables are hashed' : '',
    sight === undefined ? '' : `of others only what ${sight} may see`,
  ];
  return facts.filter((fact) => fact !== '').join(', ');
}

/** What is not visible, and why. */
function unseenLines(
  cycle: CycleSummary | undefined,
  { maxProcesses, enhancedMetadata }: WatchedReport,
  rights: RightsReport | undefined,
): readonly ReportLine[] {
  const denied = Object.entries(cycle?.deniedFields ?? {}).sort(([, a], [, b]) => b - a);
  const why = rights === undefined ? '' : `: ${rights.deniedAdvice}`;
  const texts = [
    denied.length > 0
      ? `the system denies ${denied.map(([field, count]) => `${field} of ${count}`).join(', ')}${why}`
      : '',
    cycle?.truncated ? `beyond the oldest ${maxProcesses} only what stat tells (--max-processes)` : '',
    enhancedMetadata ? '' : 'enhanced metadata is off (--enhanced-metadata)',
    cycle === undefined || cycle.vanished === 0 ? '' : `${cycle.vanished} ended while they were read`,
  ].filter((text) => text !== '');
  return texts.map((text, index) => ({
    label: index === 0 ? 'not seen' : '',
    text,
    ...(index === 0 && denied.length > 0 && { tone: 'odd' as const }),
  }));
}

const FINDINGS_TOPIC = 'collector/process/findings';
const TRIGGERS_TOPIC = 'collector/triggers/';

function eventLines(events: StatusReport['events']): readonly ReportLine[] {
  const { emitted, acknowledged, rejected, discarded, expired } = total(Object.values(events));
  const givenUp = discarded + expired;
  const text = `${emitted} committed, ${acknowledged} delivered, ${rejected} refused, ${givenUp} given up since the start`;
  const findings = events[FINDINGS_TOPIC]?.emitted ?? 0;
  const triggers = total(
    Object.entries(events).flatMap(([topic, one]) => (topic.startsWith(TRIGGERS_TOPIC) ? [one] : [])),
  );
  return [
    { label: 'events', text, ...(givenUp > 0 && { tone: 'odd' }) },
    ...(findings > 0
      ? [
          {
            label: 'findings',
            text: `${findings} since the start; procmond tail ${FINDINGS_TOPIC} shows new ones`,
            tone: 'odd' as const,
          },
        ]
      : []),
    ...(triggers.emitted > 0 ? [{ label: 'triggers', text: `${triggers.emitted} since the start` }] : []),
  ];
}

function total(counts: readonly EventCounts[]): EventCounts {
  const sum = (kind: keyof EventCounts) => counts.reduce((so, one) => so + one[kind], 0);
  return {
    emitted: sum('emitted'),
    acknowledged: sum('acknowledged'),
    rejected: sum('rejected'),
    discarded: sum('discarded'),
    expired: sum('expired'),
  };
}

function costText({ cost, storeBytes, dataDirectory }: StatusReport): string {
  const memory = cost.residentBytes === undefined ? '' : `, ${sizeText(cost.residentBytes)} resident`;
  const disk = storeBytes === undefined ? 'no store to be read' : `${sizeText(storeBytes)} of disk`;
  return `${cost.cpuPercent} % of one core${memory}, ${disk} in ${dataDirectory}`;
}

/** Nothing while it is kept. */
function budgetLines(budget: BudgetReport | undefined): readonly ReportLine[] {
  if (budget === undefined || budget.state === 'kept') return [];
  const slowed = `${budgetFigures(budget)}: ${budget.slowed}`;
  if (budget.state === 'exceeded') return [{ label: 'budget', text: `cannot be kept, ${slowed}`, tone: 'bad' }];
  return [
    {
      label: 'budget',
      text: `${Math.max(budget.cpu.share, budget.memory.share) > 1 ? 'exceeded for now' : 'nearly used up'}, ${slowed}`,
      tone: 'odd',
    },
  ];
}

function sourceLine({ name, capabilities, health }: SourceReport, index: number): ReportLine {
  const watches = capabilities.length === 0 ? '' : ` (${capabilities.join(', ')})`;
  const text = `${name}${watches}: ${health.message}`;
  return { label: index === 0 ? 'sources' : '', text, ...(!health.healthy && { tone: 'bad' }) };
}
