import type { HashFailureReason } from '../base/observer.ts';

/** Why a request for a hash got none: a closed set, the same for all who ask. */
export const FAILURE_CODES = [
  'unavailable',
  'too_large',
  'timeout',
  'path_not_allowed',
  'resource_exhausted',
  'invalid_request',
  'internal',
] as const;

export type FailureCode = (typeof FAILURE_CODES)[number];

/**
 * Whether there is such a file or process, whether it may be read, what kind of file it is and where it lies are one
 * answer, `unavailable`: who asks must learn nothing from it that they could not see themselves.
 */
export function failureCode(reason: HashFailureReason): FailureCode {
  switch (reason) {
    case 'gone':
    case 'denied':
    case 'not_a_file':
    case 'replaced':
    case 'changed':
    case 'unreadable':
      return 'unavailable';
    case 'exhausted':
      return 'resource_exhausted';
    case 'too_large':
    case 'timeout':
    case 'internal':
      return reason;
  }
}
