import { isNewEnough, OLDEST_NODE } from '../../base/node-version.ts';
import type { Finding } from './finding.ts';

/** @param version as `process.version` has it, with its `v` */
export function checkNode(version: string): Finding {
  const facts = { version, oldest: OLDEST_NODE };
  if (isNewEnough(version)) {
    return { check: 'node', status: 'ok', message: `Node.js ${version}; ${OLDEST_NODE} is enough`, facts };
  }
  const message = `Node.js ${version} is too old`;
  return { check: 'node', status: 'problem', message, advice: `run it with Node.js ${OLDEST_NODE} or newer`, facts };
}
