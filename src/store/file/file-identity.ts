import { statSync } from 'node:fs';

/** Which file a path leads to, as stat(2) has it. */
export interface FileIdentity {
  readonly device: bigint;
  readonly inode: bigint;
}

/** @throws a system error */
export function identityOf(path: string): FileIdentity {
  const { dev, ino } = statSync(path, { bigint: true });
  return { device: dev, inode: ino };
}

/** Whether a path leads to this file; false also where that cannot be known. */
export function isFile(path: string, { device, inode }: FileIdentity): boolean {
  try {
    const { dev, ino } = statSync(path, { bigint: true });
    return dev === device && ino === inode;
  } catch {
    return false;
  }
}
