import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { hostResource, parseResourceAttributes, readHostId } from '../../src/otlp/host-resource.ts';
import { scratchDirectory } from '../fake/scratch-store.ts';

const OPTIONS = { version: '1.2.3', instanceId: 'instance', hostId: 'a'.repeat(32), env: {} };

describe('the resource', () => {
  test('says who speaks and where it runs', () => {
    const { attributes } = hostResource(OPTIONS);
    assert.partialDeepStrictEqual(attributes, {
      'service.name': 'procmond',
      'service.version': '1.2.3',
      'service.instance.id': 'instance',
      'host.id': 'a'.repeat(32),
      'host.name': hostname(),
    });
    assert.match(String(attributes['host.arch']), /^(amd64|arm64|arm32|x86|ppc64|s390x|riscv64|loong64)$/);
  });

  test('leaves host.id out where it is not known', () => {
    assert.ok(!('host.id' in hostResource({ ...OPTIONS, hostId: undefined }).attributes));
  });

  test('takes name and further attributes from the environment, which wins', () => {
    const env = {
      OTEL_SERVICE_NAME: 'watcher',
      OTEL_RESOURCE_ATTRIBUTES: 'host.name=n1,deployment.environment.name=prod',
    };
    assert.partialDeepStrictEqual(hostResource({ ...OPTIONS, env }).attributes, {
      'service.name': 'watcher',
      'host.name': 'n1',
      'deployment.environment.name': 'prod',
    });
  });
});

describe('OTEL_RESOURCE_ATTRIBUTES', () => {
  const cases: readonly [string | undefined, Record<string, string>][] = [
    [undefined, {}],
    ['', {}],
    ['a=b', { a: 'b' }],
    [' a = b , c=d', { a: 'b', c: 'd' }],
    ['a=b=c', { a: 'b=c' }],
    ['a=two%20words%2C%3D', { a: 'two words,=' }],
    ['a=', { a: '' }],
    ['=b', {}],
    ['a', {}],
    ['a=%zz,b=c', { b: 'c' }],
    ['a=1,a=2', { a: '2' }],
    ['process.pid=1,process.command=x,b=c', { b: 'c' }],
  ];
  for (const [text, expected] of cases) {
    test(`of ${JSON.stringify(text)} is ${JSON.stringify(expected)}`, () =>
      assert.deepEqual(parseResourceAttributes(text), expected));
  }
});

describe('host.id', () => {
  const cases: readonly [string, string | undefined][] = [
    [`${'0123456789abcdef'.repeat(2)}\n`, '0123456789abcdef'.repeat(2)],
    ['uninitialized\n', undefined],
    ['', undefined],
    ['0123', undefined],
    [`${'0'.repeat(31)}G`, undefined],
  ];
  for (const [content, expected] of cases) {
    test(`is ${expected} for a machine-id of ${JSON.stringify(content)}`, (t) => {
      const path = join(scratchDirectory(t), 'machine-id');
      writeFileSync(path, content);
      assert.equal(readHostId(path), expected);
    });
  }

  test('is unknown where there is no such file', (t) => {
    assert.equal(readHostId(join(scratchDirectory(t), 'machine-id')), undefined);
    assert.equal(readHostId(scratchDirectory(t)), undefined);
  });
});
