import assert from 'node:assert/strict';
import { test } from 'node:test';
import { METRIC_GROUPS, METRIC_TABLE, OVERFLOW_TOPIC } from '../../src/metrics/metric-table.ts';
import { topicProblem } from '../../src/topics/topic.ts';

test('names each metric once, with the prefix and suffix its type asks for', () => {
  const names = METRIC_TABLE.map((row) => row.name);
  assert.deepEqual(names, [...new Set(names)]);
  for (const { name, type } of METRIC_TABLE) {
    assert.match(name, /^(procmond|process)_[a-z_]+$/);
    assert.equal(name.endsWith('_total'), type === 'counter', name);
  }
});

test('says the unit in the name of everything that is measured', () => {
  for (const { name, unit } of METRIC_TABLE) {
    if (unit !== 'seconds' && unit !== 'bytes') continue;
    assert.match(name, new RegExp(`_${unit}(_total)?$`));
  }
});

test('describes each metric in one line, in a group the README shows', () => {
  for (const row of METRIC_TABLE) {
    assert.match(row.help, /^\S.*[^.\s]\.$/, row.name);
    assert.ok(METRIC_GROUPS.includes(row.group));
  }
  const groups = METRIC_TABLE.map((row) => row.group);
  assert.deepEqual([...new Set(groups)], METRIC_GROUPS);
});

test('gives a metric at most one label with known values', () => {
  for (const { name, labels } of METRIC_TABLE) {
    assert.ok(labels.length <= 1 || labels.every((label) => label.values.length === 0), name);
    for (const label of labels) assert.ok(label.values.length > 0 || label.further !== undefined, name);
  }
});

test('has buckets in rising order for histograms, and for nothing else', () => {
  for (const { name, type, buckets } of METRIC_TABLE) {
    assert.equal(buckets !== undefined, type === 'histogram', name);
    assert.deepEqual(
      buckets,
      buckets?.toSorted((a, b) => a - b),
    );
  }
});

test('counts the overflow under a name no topic can have', () => {
  assert.notEqual(topicProblem(OVERFLOW_TOPIC), undefined);
});
