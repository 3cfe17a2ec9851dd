import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { dockerCompose } from './components/docker-compose.ts';
import { prometheus } from './components/prometheus.ts';
import { runProgram } from './components/run-program.ts';
import { bundle, DIST } from './harness/bundle.ts';
import { freePorts } from './harness/free-ports.ts';
import { scratchDirectory } from './harness/scratch-directory.ts';

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

test('gives procmond the two capabilities that it needs, and those that it takes to give all others away', async () => {
  const { procmond } = (await composeProject()).services;
  assert.deepEqual(procmond?.cap_drop, ['ALL']);
  assert.deepEqual(procmond?.cap_add?.toSorted(), ['DAC_READ_SEARCH', 'SETGID', 'SETPCAP', 'SETUID', 'SYS_PTRACE']);
  assert.ok(procmond?.command?.includes('--user=10001'));
  assert.equal(procmond?.pid, 'host');
});

test('starts procmond with options that it has', async () => {
  const { procmond } = (await composeProject()).services;
  const [command, ...options] = procmond?.command ?? [];
  assert.equal(command, 'run');
  const { code, stdout, stderr } = await runProgram(process.execPath, [await bundle(), 'config', ...options], {
    env: {},
  });
  assert.equal(code, 0, stderr);
  assert.match(stdout, /http:\/\/otel-collector:4318\/v1\/logs/);
});

test('the image is made of what the build context holds, by scripts that there are', async () => {
  const dockerfile = await readFile(join(ROOT, 'Dockerfile'), 'utf8');
  const allowed = (await readFile(join(ROOT, '.dockerignore'), 'utf8')).match(/(?<=^!).+$/gm) ?? [];
  const { scripts } = await packageFile();
  const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, sources]) => sources?.split(' '));
  assert.deepEqual(new Set(copied), new Set(allowed));
  for (const source of allowed) assert.ok(existsSync(join(ROOT, source)), source);
  for (const [, name] of dockerfile.matchAll(/^RUN npm run (\S+)$/gm)) assert.ok(scripts[name ?? ''], name);
});

test('runs from what the image holds: the bundle and the production dependencies', async (t) => {
  const directory = await scratchDirectory(t);
  await bundle();
  await cp(DIST, join(directory, 'dist'), { recursive: true });
  await cp(join(ROOT, 'package.json'), join(directory, 'package.json'));
  for (const path of await productionPackages()) {
    await cp(join(ROOT, path), join(directory, path), { recursive: true });
  }
  const { nobody } = await freePorts(['nobody']);
  const { code, stderr } = await runProgram(
    process.execPath,
    ['dist/main.js', '--once', `--data-dir=${join(directory, 'data')}`, `--endpoint=http://127.0.0.1:${nobody}`],
    { cwd: directory, env: {} },
  );
  assert.equal(code, 0, stderr);
  assert.match(stderr, /[1-9]\d* processes, first look/);
});

test('promtool accepts the configuration of Prometheus and its alert rules', async () => {
  const { promtool } = prometheus(process.env);
  for (const [what, file] of [
    ['config', 'prometheus.yml'],
    ['rules', 'prometheus-rules.yml'],
  ] as const) {
    const { code, stdout, stderr } = await runProgram(promtool, ['check', what, join(ROOT, 'deploy', file)]);
    assert.equal(code, 0, stdout + stderr);
    assert.match(stdout, /[1-9]\d* rules found/);
  }
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

async function packageFile(): Promise<{ readonly scripts: Readonly<Record<string, string>> }> {
  return JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
}

/** What `npm ci --omit=dev` installs on this platform, as paths of the project. */
async function productionPackages(): Promise<readonly string[]> {
  const { packages } = JSON.parse(await readFile(join(ROOT, 'package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<Record<string, { readonly dev?: boolean }>>;
  };
  return Object.entries(packages)
    .filter(([path, { dev }]) => path !== '' && dev !== true && existsSync(join(ROOT, path)))
    .map(([path]) => path);
}

/** What `docker-compose config` prints, as far as the tests look at it. */
interface ComposeProject {
  readonly services: Readonly<
    Record<
      string,
      {
        readonly image: string;
        readonly command?: readonly string[];
        readonly build?: unknown;
        readonly ports?: readonly string[];
        readonly pid?: string;
        readonly cap_add?: readonly string[];
        readonly cap_drop?: readonly string[];
      }
    >
  >;
}
