import type { HashFailureReason } from '../base/observer.ts';

/** What a failure of a thread, or the code of a system error, means for the file that was to be hashed. */
export function failureReason(code: string | undefined): HashFailureReason {
  switch (code) {
    case 'cancelled':
      return 'timeout';
    case 'changed':
      return 'changed';
    case 'ENOENT':
    case 'ESRCH':
    case 'ENOTDIR':
      return 'gone';
    case 'EACCES':
    case 'EPERM':
      return 'denied';
    // A symbolic link that may not be followed, a directory, a socket, a device without its driver.
    case 'ELOOP':
    case 'EISDIR':
    case 'ENXIO':
    case 'ENODEV':
      return 'not_a_file';
    case 'EMFILE':
    case 'ENFILE':
    case 'ENOMEM':
      return 'exhausted';
    default:
      return code === undefined || code.startsWith('ERR_') ? 'internal' : 'unreadable';
  }
}
