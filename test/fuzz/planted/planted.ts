import assert from 'node:assert/strict';
import type { FuzzCheck, FuzzTarget } from '../fuzz-target.ts';

/** A target with a fault that shows for inputs with an `!`. */
export function planted(name: string, fault: FuzzCheck): FuzzTarget {
  return {
    name,
    seeds: [Buffer.from('abc'), Buffer.from('xyz')],
    words: ['!', '?'],
    maxInputBytes: 1_000,
    start: async () => (input) => (input.includes(0x21) ? fault(input) : undefined),
  };
}

export function broken(): void {
  assert.fail('it does not hold');
}
