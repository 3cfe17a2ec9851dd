import type { TestContext } from 'node:test';
import { systemClock } from '../../src/base/clock.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { Health } from '../../src/metrics/health.ts';
import { type MetricsServer, type MetricsServerOptions, startMetricsServer } from '../../src/metrics/server.ts';
import { createMetrics } from './scrape.ts';

export const HOST = '127.0.0.1';

/** A metrics listener on any free port, until the test ends. */
export async function startServer(t: TestContext, options: Partial<MetricsServerOptions> = {}): Promise<MetricsServer> {
  const server = await startMetricsServer({
    host: HOST,
    port: 0,
    metrics: createMetrics(),
    health: new Health({ clock: systemClock, intervalMillis: () => 30_000 }),
    logger: silentLogger,
    ...options,
    limits: { closeMillis: 0, ...options.limits },
  });
  t.after(() => server.close());
  return server;
}
