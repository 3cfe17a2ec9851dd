import { planted } from './planted.ts';

export const target = planted('eats', () => {
  const eaten: string[][] = [];
  for (;;) eaten.push(Array.from({ length: 100_000 }, (_, index) => `${index} bites`));
});
