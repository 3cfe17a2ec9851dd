import { ProcmondError } from '../../base/errors.ts';
import type { ProcessEnumerator } from './enumerator.ts';
import { LinuxEnumerator, type LinuxEnumeratorOptions } from './linux/linux-enumerator.ts';

/** The enumerator for the platform this runs on. @throws {ProcmondError} CONFIG_INVALID where there is none */
export function systemEnumerator(options: LinuxEnumeratorOptions): ProcessEnumerator {
  if (process.platform === 'linux') return new LinuxEnumerator(options);
  throw new ProcmondError(
    'CONFIG_INVALID',
    `procmond reads processes on Linux only so far, this is ${process.platform}`,
  );
}
