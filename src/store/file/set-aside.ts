import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DATA_FILE } from './data-file.ts';

/** Why a data file was put aside; the middle of its new name. `replaced`: it came in the place of the one that is open. */
export type SetAsideReason = 'damaged' | 'foreign' | 'replaced';

/** More would fill the disk where it damages one file after the other. */
export const MAX_SET_ASIDE = 5;

const NAME = /^data\.mdb\.(?:damaged|foreign|replaced)-(\d{8}T\d{6}\.\d{3}Z(?:-\d+)?)$/;

/**
 * Gives the data file another name in the same directory, and removes the oldest of those there when they are more than five.
 * @returns the new name, and the names of what was removed
 * @throws a system error; then it is where it was
 */
export function setAside(
  directory: string,
  reason: SetAsideReason,
  nowMillis: number,
): { readonly name: string; readonly removed: readonly string[] } {
  const time = new Date(nowMillis).toISOString().replaceAll(/[-:]/g, '');
  const first = `${DATA_FILE}.${reason}-${time}`;
  let name = first;
  for (let count = 2; existsSync(join(directory, name)); count++) name = `${first}-${count}`;
  renameSync(join(directory, DATA_FILE), join(directory, name));
  // The clock may have been set back: this one stays in any case.
  const others = filesSetAside(directory).filter((other) => other !== name);
  const removed = others.slice(0, Math.max(0, others.length + 1 - MAX_SET_ASIDE));
  for (const old of removed) rmSync(join(directory, old), { force: true });
  return { name, removed };
}

/** Names, the oldest first. @throws a system error */
export function filesSetAside(directory: string): readonly string[] {
  return readdirSync(directory)
    .flatMap((name) => {
      const time = NAME.exec(name)?.[1];
      return time === undefined ? [] : [{ name, time }];
    })
    .sort((one, two) => one.time.localeCompare(two.time, 'en', { numeric: true }))
    .map(({ name }) => name);
}
