import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { dockerCompose } from './components/docker-compose.ts';
import { prometheus } from './components/prometheus.ts';
import { runProgram } from './components/run-program.ts';

const ROOT = join(import.meta.dirname, '..', '..');

test('docker-compose accepts docker-compose.yml', async () => {
  await composeProject();
});

test('publishes ports on the loopback address only', async () => {
  const ports = Object.values((await composeProject()).services).flatMap((service) => service.ports ?? []);
  assert.ok(ports.length > 0);
  for (const port of ports) assert.match(port, /^127\.0\.0\.1:/);
});

test('pins every image that it pulls to a release', async () => {
  for (const [name, { image, build }] of Object.entries((await composeProject()).services)) {
    if (build === undefined) assert.match(image, /:v?\d+\.\d+\.\d+$/, name);
  }
});

test('gives procmond the two capabilities that it needs and no other', async () => {
  const { procmond } = (await composeProject()).services;
  assert.deepEqual(procmond?.cap_drop, ['ALL']);
  assert.deepEqual(procmond?.cap_add?.toSorted(), ['DAC_READ_SEARCH', 'SYS_PTRACE']);
  assert.equal(procmond?.pid, 'host');
});

test('promtool accepts the configuration of Prometheus and its alert rules', async () => {
  const { promtool } = prometheus(process.env);
  const { code, stdout, stderr } = await runProgram(promtool, [
    'check',
    'config',
    join(ROOT, 'deploy', 'prometheus.yml'),
  ]);
  assert.equal(code, 0, stdout + stderr);
  assert.match(stdout, /rules found/);
});

test('Prometheus, Grafana and the OTel Collector are pointed at services that exist', async () => {
  const services = Object.keys((await composeProject()).services);
  for (const file of [
    'deploy/prometheus.yml',
    'grafana/provisioning/datasources/procmond.yaml',
    'docker-compose.yml',
  ]) {
    const hosts = [
      ...(await readFile(join(ROOT, file), 'utf8')).matchAll(/(?:http:\/\/|targets: \[)([a-z][a-z-]*):\d+/g),
    ];
    assert.ok(hosts.length > 0, file);
    for (const [, host] of hosts) assert.ok(services.includes(host ?? ''), `${file} names ${host}`);
  }
});

async function composeProject(): Promise<ComposeProject> {
  const { code, stdout, stderr } = await runProgram(
    dockerCompose(process.env),
    ['--file', join(ROOT, 'docker-compose.yml'), 'config'],
    { env: { PATH: process.env.PATH } },
  );
  assert.equal(code, 0, stderr);
  return parse(stdout) as ComposeProject;
}

/** What `docker-compose config` prints, as far as the tests look at it. */
interface ComposeProject {
  readonly services: Readonly<
    Record<
      string,
      {
        readonly image: string;
        readonly build?: unknown;
        readonly ports?: readonly string[];
        readonly pid?: string;
        readonly cap_add?: readonly string[];
        readonly cap_drop?: readonly string[];
      }
    >
  >;
}
