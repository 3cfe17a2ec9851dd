import { planted } from './planted.ts';

export const target = planted('ends', () => {
  setImmediate(() => {
    throw new Error('from nowhere');
  });
  return new Promise(() => {});
});
