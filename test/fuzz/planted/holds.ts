import type { FuzzTarget } from '../fuzz-target.ts';

export const target: FuzzTarget = {
  name: 'holds',
  seeds: [Buffer.from('abc')],
  words: ['!'],
  maxInputBytes: 1_000,
  start: async () => () => {},
};
