import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { waitUntil } from '../../../fake/wait-until.ts';
import type { Talker } from './live-host.ts';

export interface Hierarchy {
  readonly mountPoint: string;
  readonly version: 1 | 2;
  /** Controllers, or the name, of version 1. */
  readonly options: readonly string[];
}

/** The hierarchies of control groups that are mounted here. */
export function hierarchies(): readonly Hierarchy[] {
  const mounts = readFileSync('/proc/self/mountinfo', 'latin1').split('\n');
  return mounts.flatMap((line) => {
    const [before = '', after = ''] = line.split(' - ');
    const [type, , options = ''] = after.split(' ');
    if (type !== 'cgroup' && type !== 'cgroup2') return [];
    const mountPoint = before.split(' ')[4] ?? '';
    return [{ mountPoint, version: type === 'cgroup' ? 1 : 2, options: options.split(',') }] as const;
  });
}

/**
 * Makes a group and moves the process into it; when the test ends, the process ends and the group goes.
 * @returns why it cannot be done here
 */
export function moveToGroup(t: TestContext, talker: Talker, hierarchy: Hierarchy, group: string): string | undefined {
  const path = join(hierarchy.mountPoint, group);
  try {
    mkdirSync(path, { recursive: true });
    t.after(() => {
      talker.child.kill('SIGKILL');
      return waitUntil(`${path} is empty and gone`, () => isRemoved(path, hierarchy.mountPoint));
    });
    writeFileSync(join(path, 'cgroup.procs'), String(talker.pid));
    return undefined;
  } catch (error) {
    return String(error);
  }
}

function isRemoved(path: string, mountPoint: string): boolean {
  try {
    for (let part = path; part !== mountPoint; part = dirname(part)) rmdirSync(part);
    return true;
  } catch (error) {
    // Whoever is in it has not ended yet: it is tried again.
    return (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
}
