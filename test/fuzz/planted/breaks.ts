import { broken, planted } from './planted.ts';

export const target = planted('breaks', broken);
