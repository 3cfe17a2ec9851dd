import { spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { cpuSeconds } from '../host/process-figures.ts';
import { StartedProcess } from '../host/started-process.ts';
import type { MissingReference, Reference } from './reference.ts';

const NAME = 'prometheus-process-exporter';

/** Every process by its name, as the package's own example says it; all other options as they are by default. */
const CONFIGURATION = `process_names:
  - name: "{{.Comm}}"
    cmdline:
    - '.+'
`;

/** It reads all processes once before it listens. */
const START_LIMIT_MILLIS = 60_000;

/** The exporter that Prometheus users have for processes; one read is one scrape. */
export async function startProcessExporter(
  owned: AsyncDisposableStack,
  options: { readonly directory: string; readonly cacheDirectory: string; readonly peers: boolean },
): Promise<Reference | MissingReference> {
  if (!options.peers) return { name: NAME, missing: '--peers was not given' };
  const program = onPath() ?? fetchPackage(options.cacheDirectory);
  if (program === undefined) {
    return { name: NAME, missing: 'it is not on PATH, and apt-get has no package to download (try apt-get update)' };
  }
  const configuration = join(options.directory, 'process-exporter.yaml');
  writeFileSync(configuration, CONFIGURATION);
  const address = `127.0.0.1:${await freePort()}`;
  const exporter = owned.use(
    await StartedProcess.start(program, ['-config.path', configuration, '-web.listen-address', address], {
      stdio: 'ignore',
      ask: (child) => child.kill('SIGTERM'),
    }),
  );
  const scrape = async () => {
    const response = await fetch(`http://${address}/metrics`);
    if (!(await response.text()).includes('namedprocess_namegroup_')) throw new Error(`${NAME} told of no process`);
  };
  await Promise.race([untilItAnswers(scrape), exporter.untilEnd()]);
  return {
    name: NAME,
    slow: true,
    read: async () => {
      const before = cpuSeconds(exporter.pid);
      await scrape();
      return (cpuSeconds(exporter.pid) - before) * 1000;
    },
  };
}

function onPath(): string | undefined {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .map((directory) => join(directory, NAME))
    .find((path) => existsSync(path));
}

/** Downloads Debian's package and unpacks it, once: nothing is installed, no service is started. */
function fetchPackage(cacheDirectory: string): string | undefined {
  const directory = join(cacheDirectory, NAME);
  const program = join(directory, 'usr/bin', NAME);
  if (existsSync(program)) return program;
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  const run = (command: string, ...args: readonly string[]) =>
    spawnSync(command, args, { cwd: directory, stdio: 'ignore' }).status === 0;
  if (!run('apt-get', 'download', NAME)) return undefined;
  const [archive = ''] = globSync('*.deb', { cwd: directory });
  return run('dpkg-deb', '-x', archive, '.') ? program : undefined;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function untilItAnswers(scrape: () => Promise<void>): Promise<void> {
  const giveUpAt = performance.now() + START_LIMIT_MILLIS;
  for (;;) {
    try {
      return await scrape();
    } catch (error) {
      if (performance.now() > giveUpAt) throw error;
      await delay(100);
    }
  }
}
