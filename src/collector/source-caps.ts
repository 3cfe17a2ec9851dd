/** What a source can watch, as a bit set; decides who is asked what. */
export const SourceCaps = {
  PROCESS: 1,
  NETWORK: 2,
  FILESYSTEM: 4,
  PERFORMANCE: 8,
  /** Tells within 10 s of the fact. */
  REALTIME: 16,
  /** Fed by the kernel, not by polling. */
  KERNEL_LEVEL: 32,
  SYSTEM_WIDE: 64,
} as const;

export type SourceCaps = number;

/** The names of the bits set, lowest first, as they appear in status and logs. */
export function sourceCapsNames(capabilities: SourceCaps): readonly string[] {
  return Object.entries(SourceCaps)
    .filter(([, bit]) => (capabilities & bit) !== 0)
    .map(([name]) => name.toLowerCase().replaceAll('_', '-'));
}
