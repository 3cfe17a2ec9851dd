/**
 * Holds package.json and its lock file to what the project promises of its dependencies:
 *
 * - one copy of each @opentelemetry package: each copy has its own idea of what is registered globally and of which class
 *   a record is, and what is emitted through one never arrives through the other;
 * - exact versions, each with a reason in ARCHITECTURE.md;
 * - every package in the lock file with the hash of its content, and no address to fetch it from;
 * - every install script decided upon in `allowScripts`, by name: what is not listed there fails the installation (.npmrc).
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const SCOPE = '@opentelemetry/';
const FOLDER = 'node_modules/';
const EXACT = /^\d+\.\d+\.\d+$/;

export interface LockedPackage {
  readonly version?: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly link?: boolean;
  readonly inBundle?: boolean;
  readonly hasInstallScript?: boolean;
}

export interface Dependencies {
  readonly manifest: {
    readonly dependencies?: Readonly<Record<string, string>>;
    readonly devDependencies?: Readonly<Record<string, string>>;
    readonly allowScripts?: Readonly<Record<string, boolean>>;
  };
  readonly lock: {
    /** By path in the project: `node_modules/a/node_modules/b`; the project itself is the empty path. */
    readonly packages: Readonly<Record<string, LockedPackage>>;
  };
  /** The document with a reason for each dependency. */
  readonly reasons: string;
}

/** What is wrong, one sentence each; empty when nothing is. */
export function dependencyProblems({ manifest, lock, reasons }: Dependencies): readonly string[] {
  const direct = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });
  const installed = Object.entries(lock.packages).filter(([path]) => path.includes(FOLDER));
  return [
    ...severalCopies(installed),
    ...direct
      .filter(([, version]) => !EXACT.test(version))
      .map(([name, version]) => `${name} is asked for as ${version}: pin one version in package.json`),
    ...direct
      .filter(([name]) => !reasons.split('\n').some((line) => line.startsWith('| `') && line.includes(`\`${name}\``)))
      .map(([name]) => `${name} has no line in the dependencies of ARCHITECTURE.md: say what it is for`),
    ...installed
      .filter(([, { integrity, link, inBundle }]) => integrity === undefined && !link && !inBundle)
      .map(([path]) => `${path} has no hash in package-lock.json: what is installed could be anything`),
    ...installed
      .filter(([, { resolved }]) => resolved !== undefined)
      .map(
        ([path]) => `${path} has an address in package-lock.json: remove it, the registry is the installer's choice`,
      ),
    ...installed
      .filter(([path, { hasInstallScript }]) => hasInstallScript && manifest.allowScripts?.[nameOf(path)] === undefined)
      .map(([path]) => `${path} has an install script: allow or deny it in allowScripts of package.json`),
  ];
}

function severalCopies(installed: readonly (readonly [path: string, LockedPackage])[]): string[] {
  const copies = Map.groupBy(
    installed.filter(([path]) => nameOf(path).startsWith(SCOPE)),
    ([path]) => nameOf(path),
  );
  if (copies.size === 0) return [`the lock file holds no ${SCOPE} package at all`];
  return [...copies]
    .filter(([, places]) => places.length > 1)
    .map(([name, places]) => {
      const where = places.map(([path, { version }]) => `${path} ${version}`).join(', ');
      return `${name} is there ${places.length} times: ${where}; align the versions in package.json`;
    });
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf(FOLDER) + FOLDER.length);
}

if (import.meta.main) {
  const read = (name: string) => readFileSync(join(import.meta.dirname, '..', name), 'utf8');
  const problems = dependencyProblems({
    manifest: JSON.parse(read('package.json')),
    lock: JSON.parse(read('package-lock.json')),
    reasons: read('ARCHITECTURE.md'),
  });
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exitCode = 1;
  else console.log('one copy, one version, one hash and one reason for each dependency');
}
