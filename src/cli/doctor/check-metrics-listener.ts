import type { Clock } from '../../base/clock.ts';
import { errorMessage } from '../../base/errors.ts';
import { silentLogger } from '../../base/logger.ts';
import { Health } from '../../metrics/health.ts';
import { startMetricsServer } from '../../metrics/server.ts';
import type { Finding } from './finding.ts';

/** Whether `run` could listen for metrics: listens for an instant. */
export async function checkMetricsListener(options: {
  readonly host: string;
  readonly port: number;
  readonly clock: Clock;
  /** True when a procmond runs on the store: then it is that which listens. */
  readonly daemonRuns: boolean;
}): Promise<Finding> {
  const check = 'metrics';
  const { host, port, clock, daemonRuns } = options;
  const facts = { host, port };
  try {
    const health = new Health({ clock, intervalMillis: () => 0 });
    const server = await startMetricsServer({ host, port, metrics: NO_METRICS, health, logger: silentLogger });
    await server.close();
    const where = port === 0 ? 'any free port' : `port ${port}, which is free`;
    return { check, status: 'ok', message: `${host}, ${where}`, facts: { ...facts, free: true } };
  } catch (error) {
    const message = errorMessage(error);
    if (!daemonRuns) return { check, status: 'problem', message, facts: { ...facts, free: false } };
    return {
      check,
      status: 'ok',
      message: `${host}, port ${port}, in use while procmond runs`,
      facts: { ...facts, free: false },
    };
  }
}

/** Who asks in that instant is told nothing. */
const NO_METRICS = { contentType: 'text/plain', render: async () => '' };
