import { BUDGET_STATES, type BudgetReport, type BudgetState } from '../base/observer.ts';

/** A change of state, in words: a line of the log and a health event. */
export interface BudgetNews {
  /** Whether it has become worse. */
  readonly name: 'degraded' | 'recovered';
  /** One line: what is slowed, why, and what to do. */
  readonly message: string;
  readonly attributes: Readonly<Record<string, string | number>>;
}

export function budgetNews(before: BudgetState, report: BudgetReport): BudgetNews {
  const { state, cpu, memory } = report;
  const worse = BUDGET_STATES.indexOf(state) > BUDGET_STATES.indexOf(before);
  return {
    name: worse ? 'degraded' : 'recovered',
    message: worse ? worseMessage(report) : betterMessage(report),
    attributes: {
      'procmond.degraded.reason': memory.share > cpu.share ? 'memory_budget' : 'cpu_budget',
      'procmond.budget.state': state,
      'procmond.budget.cpu.percent': round(cpu.used),
      'procmond.budget.cpu.limit_percent': cpu.budget,
      ...(memory.used !== undefined && { 'procmond.budget.memory.bytes': memory.used }),
      'procmond.budget.memory.limit_bytes': memory.budget,
    },
  };
}

/** `5.1 % of one core over a minute, of 5 %`, and `200 MiB of memory, of 256 MiB`: each that has a budget. */
export function budgetFigures({ cpu, memory }: Pick<BudgetReport, 'cpu' | 'memory'>): string {
  return [
    cpu.budget === 0 ? '' : `${round(cpu.used)} % of one core over a minute, of ${cpu.budget} %`,
    memory.budget === 0 || memory.used === undefined
      ? ''
      : `${mebibytes(memory.used)} MiB of memory, of ${mebibytes(memory.budget)} MiB`,
  ]
    .filter((text) => text !== '')
    .join('; ');
}

function worseMessage(report: BudgetReport): string {
  const { state, slowed, cpu, memory } = report;
  const figures = budgetFigures(report);
  const [option, cheaper] =
    memory.share > cpu.share
      ? ['--memory-budget', 'fewer processes in full (--max-processes) or --emit changes']
      : ['--cpu-budget', 'a longer --interval, --emit changes or --enhanced-metadata=false'];
  if (state === 'exceeded') {
    return `the budget cannot be kept (${figures}), with everything slowed that can be: procmond goes on. Raise ${option}, or choose ${cheaper}`;
  }
  const where = Math.max(cpu.share, memory.share) > 1 ? 'beyond' : 'near the end of';
  return `${where} the budget (${figures}): ${slowed}. Raise ${option} where that is not wanted`;
}

function betterMessage(report: BudgetReport): string {
  const { state, slowed } = report;
  const figures = budgetFigures(report) || 'there is none any more';
  if (state === 'kept') return `well within the budget (${figures}): nothing is slowed any more`;
  return `within the budget again (${figures}); still: ${slowed}`;
}

function round(percent: number): number {
  return Math.round(percent * 100) / 100;
}

function mebibytes(bytes: number): number {
  return Math.round(bytes / 1024 ** 2);
}
