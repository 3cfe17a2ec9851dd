import { spawnSync } from 'node:child_process';
import { globSync, rmSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { bundle } from './bundle.ts';

/**
 * Makes `dist/`: the bundle (bundle.ts) and the declarations. With `--if-stale` only when a source is newer, and without
 * the declarations that only users of the library need.
 */
const root = resolve(import.meta.dirname, '..');
const ifStale = process.argv.includes('--if-stale');

if (!ifStale || isStale()) {
  rmSync(resolve(root, 'dist'), { recursive: true, force: true });
  await bundle({ outdir: 'dist' });
  if (!ifStale) declarations();
}

function declarations(): void {
  const flags = ['--noEmit', 'false', '--declaration', '--emitDeclarationOnly', '--outDir', 'dist/types'];
  const { status } = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json', ...flags], {
    cwd: root,
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(status ?? 1);
}

function isStale(): boolean {
  const builtAt = modifiedMillis('dist/main.js');
  return globSync(['src/**/*.ts', 'package-lock.json', 'package.json'], { cwd: root }).some(
    (file) => modifiedMillis(file) > builtAt,
  );
}

function modifiedMillis(file: string): number {
  return statSync(resolve(root, file), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
