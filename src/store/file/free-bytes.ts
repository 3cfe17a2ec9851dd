import { statfsSync } from 'node:fs';

/**
 * What the file system of `directory` has left for this user.
 * @throws an error of the system
 */
export function freeBytesOf(directory: string): number {
  const { bavail, bsize } = statfsSync(directory);
  return bavail * bsize;
}
