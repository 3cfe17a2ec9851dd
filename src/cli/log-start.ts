import type { Logger } from '../base/logger.ts';
import { VERSION } from '../base/version.ts';
import type { Config } from '../config/config.ts';
import { PROCESS_FIELDS } from '../event/process-fields.ts';
import { ownRights, rightsLine } from '../privilege/rights.ts';

const ENHANCED_FIELDS = PROCESS_FIELDS.filter((field) => field.enhanced).map(({ attribute }) => attribute);

/** Says in the log, once everything is open, where it is: a line each. */
export function logStart({
  config,
  logger,
  metricsUrl,
  socketPath,
}: {
  readonly config: Config;
  readonly logger: Logger;
  readonly metricsUrl: string;
  /** undefined where there is no control socket. */
  readonly socketPath: string | undefined;
}): void {
  logger.info(`procmond ${VERSION} watches every process, every ${config.intervalMillis / 1000} s`);
  logger.info(`data     ${config.dataDirectory}`);
  logger.info(`metrics  ${metricsUrl}/metrics`);
  if (socketPath !== undefined) logger.info(`control  ${socketPath}`);
  logger.info(`records  ${displayUrl(config.endpoint)}`);
  const rights = ownRights();
  if (rights !== undefined) logger.info(`rights   ${rightsLine(rights)}`);
  if (!config.collectEnhancedMetadata)
    logger.info(`left out ${ENHANCED_FIELDS.join(', ')} (--enhanced-metadata=false)`);
}

/** Without user info and query, which may be secret. */
function displayUrl(url: string): string {
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}
