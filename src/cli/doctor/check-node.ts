import type { Finding } from './finding.ts';

/** As `engines` in package.json: compression with zstd, and TLS of the OpenTelemetry SDK, need it. */
export const OLDEST_NODE = [22, 15] as const;

/** @param version as `process.version` has it, with its `v` */
export function checkNode(version: string): Finding {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  const oldest = OLDEST_NODE.join('.');
  const facts = { version, oldest };
  const isNewEnough = major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1]);
  if (isNewEnough) return { check: 'node', status: 'ok', message: `Node.js ${version}; ${oldest} is enough`, facts };
  const message = `Node.js ${version} is too old`;
  return { check: 'node', status: 'problem', message, advice: `run it with Node.js ${oldest} or newer`, facts };
}
