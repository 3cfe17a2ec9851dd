import { ProcmondError } from '../base/errors.ts';
import { type Layout, SCHEMA_VERSION } from './layout.ts';

/** Turns the rows of one schema into those of the next, inside the open transaction; synchronous. */
export type Migration = (layout: Layout) => void;

/** By the schema that each one starts from: one for every schema below `SCHEMA_VERSION` that procmond ever wrote. */
const MIGRATIONS: ReadonlyMap<number, Migration> = new Map();

export interface Schema {
  readonly version: number;
  readonly migrations: ReadonlyMap<number, Migration>;
}

const PRESENT: Schema = { version: SCHEMA_VERSION, migrations: MIGRATIONS };

const SCHEMA_KEY = 'schema_version';

/** undefined in a store that has not been begun. */
export function schemaOf(layout: Layout): unknown {
  return layout.meta.get(SCHEMA_KEY);
}

/** Belongs into a transaction. */
export function putSchema(layout: Layout, version: number = PRESENT.version): void {
  layout.meta.putSync(SCHEMA_KEY, version);
}

/**
 * Brings a store that an older procmond wrote to the present schema, in one transaction: all of the way or not at all.
 * @returns the schema that was found when it was another one, undefined otherwise
 * @throws {ProcmondError} STORE_SCHEMA when there is no way from what was found; then nothing has changed
 */
export function migrate(
  directory: string,
  layout: Layout,
  { version, migrations }: Schema = PRESENT,
): number | undefined {
  const found = schemaOf(layout);
  if (found === version) return undefined;
  const steps = stepsFrom(found, version, migrations);
  if (typeof found !== 'number' || steps === undefined) throw schemaUnknown(directory, found, version);
  // The callback must return nothing: lmdb would wait for a promise and leave the transaction open.
  layout.root.transactionSync(() => {
    for (const step of steps) step(layout);
    putSchema(layout, version);
  });
  return found;
}

/** @throws {ProcmondError} STORE_SCHEMA unless it is the present one: who only reads does not migrate */
export function requireSchema(directory: string, layout: Layout): void {
  const found = schemaOf(layout);
  if (found !== PRESENT.version) throw schemaUnknown(directory, found, PRESENT.version);
}

function stepsFrom(
  found: unknown,
  version: number,
  migrations: ReadonlyMap<number, Migration>,
): readonly Migration[] | undefined {
  if (typeof found !== 'number' || !Number.isInteger(found) || found > version) return undefined;
  const steps: Migration[] = [];
  for (let from = found; from < version; from++) {
    const step = migrations.get(from);
    if (step === undefined) return undefined;
    steps.push(step);
  }
  return steps;
}

function schemaUnknown(directory: string, found: unknown, version: number): ProcmondError {
  return new ProcmondError(
    'STORE_SCHEMA',
    `the store in ${directory} has schema ${JSON.stringify(found)}, this procmond writes ${version}; ` +
      'use the version that wrote it, or another --data-dir',
  );
}
