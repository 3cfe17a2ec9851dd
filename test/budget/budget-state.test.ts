import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import * as fc from 'fast-check';
import { BUDGET_STATES, type BudgetState } from '../../src/base/observer.ts';
import { type BudgetStanding, newStanding, nextStanding } from '../../src/budget/budget-state.ts';

const LOOK_MILLIS = 5_000;
const MINUTE = 60_000;

/** So many seconds of so much use, looked at every five seconds, and the state after that. */
type Spell = readonly [seconds: number, used: number, state: BudgetState];

const STORIES: readonly (readonly [story: string, ...spells: readonly Spell[]])[] = [
  ['nothing is slowed while there is enough', [600, 0.79, 'kept']],
  ['work is eased before the budget is used up', [5, 0.8, 'eased'], [600, 0.94, 'eased']],
  ['what easing does not stop is paused', [5, 0.8, 'eased'], [5, 0.95, 'paused']],
  ['a sudden rise skips easing', [5, 3, 'paused']],
  [
    'a budget that a whole minute of pausing does not keep cannot be kept',
    [5, 1.2, 'paused'],
    [55, 1.2, 'paused'],
    [5, 1.2, 'exceeded'],
    [6_000, 9, 'exceeded'],
  ],
  ['one that it does keep, if only just, is not exceeded', [5, 1, 'paused'], [6_000, 0.99, 'paused']],
  [
    'what is no longer exceeded is told after a minute, and stays paused while it is near',
    [5, 2, 'paused'],
    [60, 2, 'exceeded'],
    [60, 0.89, 'exceeded'],
    [5, 0.89, 'paused'],
    [600, 0.89, 'paused'],
  ],
  [
    'work is taken up step by step, after a minute of calm each',
    [5, 2, 'paused'],
    [60, 0.1, 'paused'],
    [5, 0.1, 'eased'],
    [60, 0.1, 'eased'],
    [5, 0.1, 'kept'],
  ],
  [
    'calm that was interrupted begins anew',
    [5, 0.8, 'eased'],
    [55, 0.1, 'eased'],
    [5, 0.6, 'eased'],
    [60, 0.1, 'eased'],
    [5, 0.1, 'kept'],
  ],
  [
    'who was too early waits twice as long the next time',
    [5, 0.8, 'eased'],
    [65, 0.1, 'kept'],
    [5, 0.8, 'eased'],
    [120, 0.1, 'eased'],
    [5, 0.1, 'kept'],
    [5, 0.8, 'eased'],
    [240, 0.1, 'eased'],
    [5, 0.1, 'kept'],
  ],
  [
    'and not after ten quiet minutes',
    [5, 0.8, 'eased'],
    [65, 0.1, 'kept'],
    [5, 0.8, 'eased'],
    [125, 0.1, 'kept'],
    [605, 0.1, 'kept'],
    [5, 0.8, 'eased'],
    [60, 0.1, 'eased'],
    [5, 0.1, 'kept'],
  ],
];

suite('the state of the budget', () => {
  for (const [story, ...spells] of STORIES) {
    test(story, () => {
      let standing = newStanding(0);
      let atMillis = 0;
      for (const [index, [seconds, used, state]] of spells.entries()) {
        for (let look = 0; look < seconds; look += LOOK_MILLIS / 1000) {
          atMillis += LOOK_MILLIS;
          standing = nextStanding(standing, used, atMillis);
        }
        assert.equal(standing.state, state, `after spell ${index + 1}`);
      }
    });
  }
});

function follow(uses: readonly number[], from = newStanding(0), startMillis = 0): readonly BudgetStanding[] {
  const standings: BudgetStanding[] = [];
  let standing = from;
  for (const [index, used] of uses.entries()) {
    standing = nextStanding(standing, used, startMillis + (index + 1) * LOOK_MILLIS);
    standings.push(standing);
  }
  return standings;
}

const uses = fc.array(fc.double({ min: 0, max: 3, noNaN: true }), { maxLength: 400 });

test('keeps every step down a minute away from the step before, whatever is used', () => {
  fc.assert(
    fc.property(uses, (shares) => {
      let before = newStanding(0);
      for (const standing of follow(shares)) {
        const down = BUDGET_STATES.indexOf(standing.state) < BUDGET_STATES.indexOf(before.state);
        if (down) assert.ok(standing.sinceMillis - before.sinceMillis >= MINUTE);
        if (down) assert.equal(BUDGET_STATES.indexOf(before.state) - BUDGET_STATES.indexOf(standing.state), 1);
        before = standing;
      }
    }),
  );
});

test('keeps work going that nothing speaks against, and finds back to all of it after whatever was', () => {
  fc.assert(
    fc.property(uses, (shares) => {
      const standings = follow(shares);
      standings.forEach(({ state }, index) => {
        if (state !== 'kept' && (standings[index - 1]?.state ?? 'kept') === 'kept')
          assert.ok((shares[index] ?? 0) >= 0.8);
      });
      const hour = follow(Array(720).fill(0.5), standings.at(-1), shares.length * LOOK_MILLIS);
      assert.equal(hour.at(-1)?.state, 'kept');
    }),
  );
});

test('keeps changes rare where what is slowed is just what is too much', () => {
  let standing = newStanding(0);
  let changes = 0;
  for (let atMillis = 0; atMillis < 24 * 60 * MINUTE; atMillis += LOOK_MILLIS) {
    const next = nextStanding(standing, standing.state === 'kept' ? 0.9 : 0.5, atMillis);
    if (next.state !== standing.state) changes += 1;
    standing = next;
  }
  assert.ok(changes <= 2 * (5 + 90), `${changes} changes in a day`);
});
