import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Dependencies, dependencyProblems, type LockedPackage } from '../../scripts/check-dependencies.ts';

const API = 'node_modules/@opentelemetry/api';

function dependencies(change: {
  readonly version?: string;
  readonly reasons?: string;
  readonly packages?: Readonly<Record<string, LockedPackage>>;
  readonly allowScripts?: Readonly<Record<string, boolean>>;
}): Dependencies {
  const { version = '1.10.0', reasons = '| `@opentelemetry/api` | the API |', packages, allowScripts } = change;
  return {
    manifest: { dependencies: { '@opentelemetry/api': version }, ...(allowScripts && { allowScripts }) },
    lock: { packages: { '': {}, [API]: { version: '1.10.0', integrity: 'sha512-a' }, ...packages } },
    reasons,
  };
}

test('has nothing to say of dependencies that keep the rules', () => {
  assert.deepEqual(dependencyProblems(dependencies({})), []);
});

const BROKEN: readonly (readonly [rule: string, broken: Dependencies, problem: RegExp])[] = [
  [
    'one copy of each OpenTelemetry package',
    dependencies({ packages: { [`node_modules/a/${API}`]: { version: '1.9.1', integrity: 'sha512-b' } } }),
    /^@opentelemetry\/api is there 2 times: node_modules\/@opentelemetry\/api 1\.10\.0, .*1\.9\.1; align/,
  ],
  ['an exact version', dependencies({ version: '^1.10.0' }), /is asked for as \^1\.10\.0: pin one version/],
  ['a reason', dependencies({ reasons: 'none' }), /^@opentelemetry\/api has no line/],
  ['a hash', dependencies({ packages: { 'node_modules/x': { version: '1.0.0' } } }), /^node_modules\/x has no hash/],
  [
    'no address',
    dependencies({ packages: { 'node_modules/x': { integrity: 'sha512-x', resolved: 'https://example.org/x.tgz' } } }),
    /^node_modules\/x has an address/,
  ],
  [
    'a decision on each install script',
    dependencies({ packages: { 'node_modules/x': { integrity: 'sha512-x', hasInstallScript: true } } }),
    /^node_modules\/x has an install script: allow or deny it/,
  ],
];

for (const [rule, broken, problem] of BROKEN) {
  test(`holds the dependencies to ${rule}`, () => {
    const [first = '', ...rest] = dependencyProblems(broken);
    assert.match(first, problem);
    assert.deepEqual(rest, []);
  });
}

test('takes a denied install script for a decision', () => {
  const packages = { 'node_modules/x': { integrity: 'sha512-x', hasInstallScript: true } };
  assert.deepEqual(dependencyProblems(dependencies({ packages, allowScripts: { x: false } })), []);
});
