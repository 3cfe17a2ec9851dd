const OLDEST = [22, 15] as const;

/** As `engines` in package.json: compression with zstd, node:sqlite, and TLS of the OpenTelemetry SDK, need it. */
export const OLDEST_NODE = OLDEST.join('.');

/** @param version as `process.version` has it, with its `v` */
export function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
}
