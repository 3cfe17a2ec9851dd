import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BudgetReport } from '../../src/base/observer.ts';
import { BudgetKeeper, type Budgets } from '../../src/budget/budget-keeper.ts';
import type { BudgetNews } from '../../src/budget/budget-news.ts';
import { OPTIONAL_WORK, type OptionalWork } from '../../src/budget/optional-work.ts';
import { ManualClock } from '../fake/manual-clock.ts';

const MIB = 1024 ** 2;
const BUDGETS: Budgets = { cpuBudgetPercent: 5, memoryBudgetBytes: 256 * MIB };

class Kept {
  readonly clock = new ManualClock();
  readonly usage = { cpuSeconds: 1, anonymousBytes: (50 * MIB) as number | undefined };
  readonly applied: OptionalWork[] = [];
  readonly news: BudgetNews[] = [];
  report: BudgetReport | undefined;
  shrunk = 0;
  readonly keeper: BudgetKeeper;

  constructor(budgets = BUDGETS) {
    this.keeper = new BudgetKeeper({
      budgets,
      usage: () => ({ ...this.usage }),
      clock: this.clock,
      apply: (work) => void this.applied.push(work),
      tell: (news) => void this.news.push(news),
      judged: (report) => {
        this.report = report;
      },
      shrink: () => {
        this.shrunk += 1;
      },
    });
  }

  /** Looks every five seconds, with so much CPU in each. */
  pass(seconds: number, cpuSecondsPerLook = 0): void {
    for (let passed = 0; passed < seconds; passed += 5) {
      this.clock.advance(5_000);
      this.usage.cpuSeconds += cpuSecondsPerLook;
      this.keeper.look();
    }
  }
}

test('what the first cycle cost is not held against the budget', () => {
  const kept = new Kept();
  kept.usage.cpuSeconds = 30;
  kept.pass(50);
  assert.equal(kept.report?.cpu.used, 0);
  kept.keeper.cycleEnded();
  kept.pass(600, 0.05);
  assert.deepEqual(kept.applied, []);
});

test('a first cycle that does not end is no excuse after a minute', () => {
  const kept = new Kept();
  kept.pass(60, 1);
  assert.deepEqual(kept.applied, []);
  kept.pass(15, 1);
  assert.deepEqual(kept.applied, [OPTIONAL_WORK.paused]);
});

test('slows optional work before the minute has cost what it may, and says so once', () => {
  const kept = new Kept();
  kept.keeper.cycleEnded();
  kept.pass(10, 1);
  assert.deepEqual(kept.applied, []);
  kept.usage.cpuSeconds += 0.5;
  kept.pass(30);
  assert.deepEqual(kept.applied, [OPTIONAL_WORK.eased]);
  assert.equal(kept.report?.state, 'eased');
  assert.deepEqual(kept.news, [
    {
      name: 'degraded',
      message:
        'near the end of the budget (4.17 % of one core over a minute, of 5 %; 50 MiB of memory, of 256 MiB): executables are ' +
        'hashed at an eighth of the rate, the rolling refresh takes four times as many cycles, file descriptors are not ' +
        'counted. Raise --cpu-budget where that is not wanted',
      attributes: {
        'procmond.degraded.reason': 'cpu_budget',
        'procmond.budget.state': 'eased',
        'procmond.budget.cpu.percent': 4.17,
        'procmond.budget.cpu.limit_percent': 5,
        'procmond.budget.memory.bytes': 50 * MIB,
        'procmond.budget.memory.limit_bytes': 256 * MIB,
      },
    },
  ]);
  kept.pass(300);
  assert.deepEqual(kept.applied, [OPTIONAL_WORK.eased, OPTIONAL_WORK.kept]);
  assert.equal(kept.news[1]?.name, 'recovered');
});

test('goes on with all that is left to do where the budget cannot be kept, and says it once', () => {
  const kept = new Kept();
  kept.keeper.cycleEnded();
  kept.pass(3_600, 0.5);
  assert.deepEqual(kept.applied, [OPTIONAL_WORK.eased, OPTIONAL_WORK.paused, OPTIONAL_WORK.exceeded]);
  assert.match(
    kept.news[2]?.message ?? '',
    /^the budget cannot be kept \(10 % of one core .*: procmond goes on\. Raise/,
  );
  assert.equal(kept.shrunk, 0);
});

test('memory beyond its budget is given back if it can be, at most every ten minutes', () => {
  const kept = new Kept();
  kept.usage.anonymousBytes = 300 * MIB;
  kept.pass(5);
  assert.deepEqual(kept.applied, [OPTIONAL_WORK.paused]);
  assert.equal(kept.news[0]?.attributes['procmond.degraded.reason'], 'memory_budget');
  assert.match(kept.news[0]?.message ?? '', /300 MiB of memory, of 256 MiB.*--memory-budget/);
  assert.equal(kept.shrunk, 1);
  kept.pass(595);
  assert.equal(kept.shrunk, 1);
  kept.pass(10);
  assert.equal(kept.shrunk, 2);
});

test('a higher budget is in force at once, and so is a lower one', () => {
  const kept = new Kept();
  kept.keeper.cycleEnded();
  kept.pass(60, 1);
  assert.equal(kept.applied.at(-1), OPTIONAL_WORK.paused);
  kept.keeper.setBudgets({ ...BUDGETS, cpuBudgetPercent: 100 });
  assert.equal(kept.applied.at(-1), OPTIONAL_WORK.kept);
  assert.equal(kept.news.at(-1)?.name, 'recovered');
  kept.keeper.setBudgets({ ...BUDGETS, cpuBudgetPercent: 1 });
  assert.equal(kept.applied.at(-1), OPTIONAL_WORK.paused);
});

test('a budget that is raised and not kept all the same is no recovery', () => {
  const kept = new Kept();
  kept.keeper.cycleEnded();
  kept.pass(600, 1);
  assert.equal(kept.applied.at(-1), OPTIONAL_WORK.exceeded);
  const told = kept.news.length;
  kept.keeper.setBudgets({ ...BUDGETS, cpuBudgetPercent: 10 });
  assert.equal(kept.report?.state, 'exceeded');
  assert.equal(kept.news.length, told);
});

test('a budget of 0 is none, and neither is one for memory that nobody measures', () => {
  const kept = new Kept({ cpuBudgetPercent: 0, memoryBudgetBytes: 1 });
  kept.usage.anonymousBytes = undefined;
  kept.keeper.cycleEnded();
  kept.pass(600, 5);
  assert.deepEqual(kept.applied, []);
});

test('looks every five seconds until the end', async () => {
  const kept = new Kept();
  const end = new AbortController();
  const running = kept.keeper.run(end.signal);
  kept.usage.anonymousBytes = 300 * MIB;
  kept.clock.advance(5_000);
  await new Promise(setImmediate);
  assert.equal(kept.report?.state, 'paused');
  end.abort();
  await running;
});
