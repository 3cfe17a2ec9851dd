import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isInState, STATE_ALIASES, STATE_NAMES } from '../../src/listing/process-states.ts';

test('keeps every letter of proc_pid_stat(5) in one state', () => {
  for (const letter of 'RSDZTtXxKWPI') {
    const states = STATE_NAMES.filter((name) => isInState(letter, [name]));
    assert.deepEqual(states, [STATE_ALIASES.get(letter)], letter);
  }
});

test('keeps an unknown state in none', () => {
  assert.equal(isInState(undefined, STATE_NAMES), false);
  assert.equal(isInState('?', STATE_NAMES), false);
});
