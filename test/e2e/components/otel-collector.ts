import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { arch, platform } from 'node:os';
import { join } from 'node:path';
import { cacheDirectory } from './cache-directory.ts';
import { findProgram } from './find-program.ts';
import { MissingComponentError } from './missing-component-error.ts';
import { runProgram } from './run-program.ts';

/** The release of the OpenTelemetry Collector Builder; the manifest's components are of the same one. */
const BUILDER = 'go.opentelemetry.io/collector/cmd/builder@v0.157.0';
const MANIFEST = join(import.meta.dirname, 'otel-collector-manifest.yaml');
const BUILD_PREFIX = 'build-';
const ABANDONED_AFTER_MILLIS = 24 * 60 * 60 * 1000;

/**
 * Path of an OTel Collector made from the manifest beside this file. The first call builds it with Go, which takes some
 * minutes; later ones find it in the cache, keyed by all that the build depends on. A build that is interrupted leaves
 * nothing under the final name, and two at the same time end in one of two equal files.
 * @throws {MissingComponentError} where there is neither a built collector nor Go
 */
export async function otelCollector(env: NodeJS.ProcessEnv, say: (line: string) => void): Promise<string> {
  const go = findProgram('go', env);
  if (!go) throw new MissingComponentError('Go', 'the OTel Collector is built with it; see https://go.dev/doc/install');

  const cache = cacheDirectory(env);
  const binary = join(cache, `otelcol-${await buildKey(go)}`);
  if (!existsSync(binary)) {
    say(`building the OTel Collector into ${binary}, once; this takes some minutes`);
    await mkdir(cache, { recursive: true });
    await removeAbandonedBuilds(cache);
    await build(go, env, cache, binary);
  }
  return binary;
}

async function buildKey(go: string): Promise<string> {
  const { stdout: goVersion } = await runProgram(go, ['version']);
  const inputs = [await readFile(MANIFEST, 'utf8'), BUILDER, goVersion.trim(), platform(), arch()];
  return createHash('sha256').update(JSON.stringify(inputs)).digest('hex').slice(0, 16);
}

async function build(go: string, env: NodeJS.ProcessEnv, cache: string, binary: string): Promise<void> {
  // Beside the final place, so that the rename stays on one file system and is one step.
  const directory = await mkdtemp(join(cache, BUILD_PREFIX));
  try {
    await copyFile(MANIFEST, join(directory, 'manifest.yaml'));
    const { code, stderr } = await runProgram(go, ['run', BUILDER, '--config', 'manifest.yaml'], {
      cwd: directory,
      env: { ...env, GOFLAGS: '-mod=mod', CGO_ENABLED: '0' },
    });
    if (code !== 0) throw new Error(`could not build the OTel Collector, the builder ended with ${code}:\n${stderr}`);
    await rename(join(directory, 'out', 'otelcol'), binary);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Folders of builds that were killed; a day is far longer than a build takes. */
async function removeAbandonedBuilds(cache: string): Promise<void> {
  for (const name of await readdir(cache)) {
    if (!name.startsWith(BUILD_PREFIX)) continue;
    const directory = join(cache, name);
    // Gone meanwhile: another run that builds removed its own.
    const { mtimeMs } = await stat(directory).catch(() => ({ mtimeMs: Date.now() }));
    if (Date.now() - mtimeMs > ABANDONED_AFTER_MILLIS) await rm(directory, { recursive: true, force: true });
  }
}
