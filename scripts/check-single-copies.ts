/**
 * Fails when the lock file holds more than one copy of an @opentelemetry package: each copy has its own idea of what is
 * registered globally and of which class a record is, and what is emitted through one never arrives through the other.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const SCOPE = '@opentelemetry/';
const FOLDER = 'node_modules/';

export interface LockFile {
  /** By path in the project: `node_modules/a/node_modules/b`; the project itself is the empty path. */
  readonly packages: Readonly<Record<string, { readonly version?: string }>>;
}

/** Where the copies of each package of the scope lie, by its name: `node_modules/@opentelemetry/api 1.10.0`. */
export function copiesByName({ packages }: LockFile): ReadonlyMap<string, readonly string[]> {
  const copies = new Map<string, string[]>();
  for (const [path, { version }] of Object.entries(packages)) {
    const name = path.slice(path.lastIndexOf(FOLDER) + FOLDER.length);
    if (!path.includes(FOLDER) || !name.startsWith(SCOPE)) continue;
    copies.set(name, [...(copies.get(name) ?? []), `${path} ${version}`]);
  }
  return copies;
}

if (import.meta.main) {
  const lockFile = join(import.meta.dirname, '..', 'package-lock.json');
  const copies = copiesByName(JSON.parse(readFileSync(lockFile, 'utf8')) as LockFile);
  const several = [...copies].filter(([, places]) => places.length > 1);
  for (const [name, places] of several) {
    console.error(`${name} is there ${places.length} times: ${places.join(', ')}; align the versions in package.json`);
  }
  if (copies.size === 0) console.error(`${lockFile} holds no ${SCOPE} package at all`);
  if (several.length > 0 || copies.size === 0) process.exitCode = 1;
  else console.log(`one copy of each of ${copies.size} ${SCOPE}* packages`);
}
