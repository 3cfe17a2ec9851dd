import type { SettingOption } from '../../src/config/option-table.ts';

/** Three different amounts that an option of bytes takes. */
export function byteAmounts(option: SettingOption): readonly [string, string, string] {
  const min = option.kind === 'bytes' ? option.min : 0;
  return [`${min + 1}`, `${min + 2}`, `${min + 3}`];
}
