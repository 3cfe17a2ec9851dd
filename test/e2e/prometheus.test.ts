import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { waitUntil } from '../fake/wait-until.ts';
import { prometheus } from './components/prometheus.ts';
import { runProgram } from './components/run-program.ts';
import { alertRules } from './harness/alert-rules.ts';
import { backend } from './harness/backend.ts';
import { dashboardQueries, withVariables } from './harness/dashboard-queries.ts';
import { type ProjectCollector, projectCollector } from './harness/project-collector.ts';
import { scratchDirectory } from './harness/scratch-directory.ts';
import { startOtelCollector } from './harness/start-otel-collector.ts';
import { startPipeline } from './harness/start-pipeline.ts';
import { type BundledProcmond, startProcmond } from './harness/start-procmond.ts';
import { type PrometheusServer, startPrometheus } from './harness/start-prometheus.ts';

/** Has no series before a backend has refused something for the first time. */
const EMPTY_WHILE_ALL_IS_WELL = 'otelcol_exporter_send_failed_log_records';

test('Prometheus scrapes procmond, and Grafana has something to show', async (t) => {
  const directory = await scratchDirectory(t);
  const pipeline = await startPipeline(t, directory);
  const { procmond, server } = await scraped(t, directory, pipeline.collector);

  await t.test('answers how many processes there are', async () => {
    const sleeping = await waitUntil('the first cycle was scraped', async () =>
      (await server.query('procmond_processes{state="sleeping"}')).find(({ value }) => value > 0),
    );
    assert.equal(sleeping.metric.instance, procmond.metricsTarget);
  });

  await t.test('has data for every panel of the dashboard', async () => {
    const variables = { instance: procmond.metricsTarget, __rate_interval: '1m' };
    const queries = (await dashboardQueries()).filter(({ dataSource }) => dataSource === 'prometheus');
    for (const { panel, expression } of queries) {
      if (expression.includes(EMPTY_WHILE_ALL_IS_WELL)) await server.query(expression);
      else
        await waitUntil(
          `${panel} shows something for ${expression}`,
          async () => (await server.query(withVariables(expression, variables))).length > 0,
        );
    }
  });

  await t.test('raises no alert while all is well', async () => {
    for (const { alert, expr } of await alertRules()) assert.deepEqual(await server.query(expr), [], alert);
  });

  await t.test('promtool has no complaint about the metrics', async () => {
    const { promtool } = prometheus(process.env);
    const { code, stdout, stderr } = await runProgram(promtool, ['check', 'metrics'], {
      input: await procmond.scrape(),
    });
    assert.equal(code, 0, stdout + stderr);
    assert.equal(stdout + stderr, '');
  });
});

test('the alert of blocked delivery comes with the reason, and goes when records flow', async (t) => {
  const directory = await scratchDirectory(t);
  const to = await backend(directory);
  const collector = await projectCollector(directory, to);
  const { server } = await scraped(t, directory, collector);
  const rule = (await alertRules()).find(({ alert }) => alert === 'ProcmondExportBlocked');
  assert.ok(rule);

  const alert = await waitUntil('it would be raised', async () => (await server.query(rule.expr))[0]);
  assert.equal(alert.metric.reason, 'refused');

  await Promise.all([startOtelCollector(t, to.settings), startOtelCollector(t, collector.settings)]);
  await waitUntil('it is over', async () => (await server.query(rule.expr)).length === 0);
});

/** procmond and a Prometheus that scrapes it and the OTel Collector, under the job names of deploy/prometheus.yml. */
async function scraped(
  t: TestContext,
  directory: string,
  { endpoint, metricsTarget }: ProjectCollector,
): Promise<{ procmond: BundledProcmond; server: PrometheusServer }> {
  const procmond = await startProcmond(t, { dataDirectory: join(directory, 'procmond'), endpoint });
  const jobs = { procmond: procmond.metricsTarget, 'otel-collector': metricsTarget };
  return { procmond, server: await startPrometheus(t, directory, jobs) };
}
