import { ProcmondError } from '../../base/errors.ts';
import type { ProcessEnumerator } from './enumerator.ts';
import { LinuxEnumerator, type LinuxEnumeratorOptions } from './linux/linux-enumerator.ts';
import { PortableEnumerator } from './portable/portable-enumerator.ts';

/** What reads the processes: `/proc`, systeminformation, or what the platform has (`auto`). */
export type EnumeratorMode = 'auto' | 'proc' | 'portable';

export interface SystemEnumeratorOptions extends LinuxEnumeratorOptions {
  readonly mode?: EnumeratorMode;
}

/** @throws {ProcmondError} CONFIG_INVALID where `/proc` is asked for and cannot be */
export function systemEnumerator({ mode = 'auto', ...options }: SystemEnumeratorOptions): ProcessEnumerator {
  return enumeratorKind(mode) === 'proc' ? new LinuxEnumerator(options) : new PortableEnumerator(options);
}

/** What `mode` comes to on this platform. @throws {ProcmondError} CONFIG_INVALID */
export function enumeratorKind(mode: EnumeratorMode, platform = process.platform): 'proc' | 'portable' {
  if (mode === 'auto') return platform === 'linux' ? 'proc' : 'portable';
  if (mode === 'portable' || platform === 'linux') return mode;
  throw new ProcmondError(
    'CONFIG_INVALID',
    `--enumerator proc reads the /proc of Linux, this is ${platform}; leave it at auto`,
  );
}
