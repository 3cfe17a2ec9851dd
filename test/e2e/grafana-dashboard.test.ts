import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { PROCESS_FIELDS } from '../../src/event/process-fields.ts';
import { METRIC_TABLE } from '../../src/metrics/metric-table.ts';
import { TOPIC_TABLE } from '../../src/topics/topic-table.ts';
import { ALERT_RULES_FILE } from './harness/alert-rules.ts';
import { dashboardQueries } from './harness/dashboard-queries.ts';

const GRAFANA = join(import.meta.dirname, '..', '..', 'grafana');

test('shows and alerts on metrics of the metric table only', async () => {
  const known = new Set(
    METRIC_TABLE.flatMap(({ name, type }) =>
      type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
    ),
  );
  const rules = await readFile(ALERT_RULES_FILE, 'utf8');
  const texts = [...(await queries('prometheus')).map(({ expression }) => expression), rules];
  const used = texts.flatMap((text) => text.match(/\b(?:procmond|process)_\w+/g) ?? []);
  assert.ok(used.length > 0);
  assert.deepEqual(
    used.filter((name) => !known.has(name)),
    [],
  );
});

test('chooses log lines by topics and event names that exist and by attributes that records have', async () => {
  const eventNames = new Map(TOPIC_TABLE.map((row) => [row.topic, row.eventNames]));
  // Labels of deploy/loki.yaml, the attribute that otel-collector-config.yaml adds, and those of process records.
  const attributes = new Set(
    [
      'service.name',
      'host.name',
      'procmond.topic',
      'event.name',
      ...PROCESS_FIELDS.map(({ attribute }) => attribute),
    ].map((attribute) => attribute.replaceAll('.', '_')),
  );
  for (const { panel, expression } of await queries('loki')) {
    const topic = /procmond_topic="([^"]*)"/.exec(expression)?.[1];
    const known = eventNames.get(topic ?? '');
    assert.ok(known, `${panel}: ${expression}`);
    for (const [, name] of expression.matchAll(/event_name ?= ?"([^"]+)"/g)) {
      assert.ok(known.includes(name ?? ''), `${panel}: ${topic} has no ${name}`);
    }
    const compared = [...expression.matchAll(/(\w+) ?(?:=~?|!=|!~) ?"/g)].map(([, name]) => name);
    const grouped = [...expression.matchAll(/by \(([\w, ]+)\)/g)].flatMap(([, names]) => names?.split(', '));
    for (const name of [...compared, ...grouped]) assert.ok(attributes.has(name ?? ''), `${panel}: ${name}`);
  }
});

test('names in its README every panel', async () => {
  const readme = (await readFile(join(GRAFANA, 'README.md'), 'utf8')).toLowerCase();
  const { panels } = JSON.parse(await readFile(join(GRAFANA, 'dashboards', 'host-overview.json'), 'utf8')) as {
    readonly panels: readonly { readonly title: string }[];
  };
  for (const { title } of panels) {
    for (const part of title.split(/: |, /)) assert.ok(readme.includes(part.toLowerCase()), title);
  }
});

async function queries(dataSource: 'prometheus' | 'loki') {
  const chosen = (await dashboardQueries()).filter((query) => query.dataSource === dataSource);
  assert.ok(chosen.length > 0);
  return chosen;
}
