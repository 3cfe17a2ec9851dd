import { planted } from './planted.ts';

export const target = planted('hangs', () => {
  for (;;);
});
