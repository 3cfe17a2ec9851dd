import { errorMessage } from '../../base/errors.ts';
import type { Layout } from '../layout.ts';
import { loadPosition } from '../outbox/position.ts';
import { schemaOf } from '../schema.ts';
import { SnapshotTable } from '../snapshot-table.ts';

/**
 * Reads every row but the records in chunks, which are checked when they are taken, and asks what the parts rely on.
 * LMDB keeps no checksums of its own: a wrong byte within a text is not seen.
 * @returns half a sentence, or undefined when nothing is wrong
 * @throws an error of LMDB that says nothing of what is stored
 */
export function contentProblem(layout: Layout): string | undefined {
  const { meta, identities, outboxIndex, senders, discards, deadLetters, hashes, retried } = layout;
  const tables = { meta, identities, outboxIndex, senders, discards, deadLetters, hashes, retried };
  for (const [name, table] of Object.entries(tables)) {
    const problem = problemOf(() => {
      for (const _ of table.getRange()) continue;
    });
    if (problem !== undefined) return `a row of ${name} cannot be read: ${problem}`;
  }
  const problem = problemOf(() => new SnapshotTable(layout).figures());
  if (problem !== undefined) return `the figures cannot be read: ${problem}`;
  return beginningProblem(layout) ?? snapshotProblem(layout) ?? numbersProblem(layout);
}

/** A store is begun by the transaction that writes its schema, before all others. */
function beginningProblem(layout: Layout): string | undefined {
  if (schemaOf(layout) !== undefined) return undefined;
  const { root: _, ...tables } = layout;
  return Object.values(tables).some((table) => table.getKeysCount({ limit: 1 }) > 0)
    ? 'it has rows, but no schema'
    : undefined;
}

function snapshotProblem({ identities }: Layout): string | undefined {
  for (const { key, value } of identities.getRange()) {
    if (!isObject(value) || value['pid'] !== key) return `the row of process ${key} is that of another one`;
  }
  return undefined;
}

/** The numbers of chunks must be used once and lie below the next one: a number that is used twice is a lost record. */
function numbersProblem(layout: Layout): string | undefined {
  const { nextSeq: next, deliveredThrough: delivered } = loadPosition(layout);
  if (!isCount(next) || !isCount(delivered) || delivered >= next) return 'its sequence numbers contradict each other';
  let free = 1;
  for (const { key, value } of layout.outboxIndex.getRange()) {
    if (!isObject(value) || value['firstSeq'] !== key || !isCount(value['count']) || key < free || !isNamed(value)) {
      return `the chunk at ${key} is not what the index says`;
    }
    free = key + value['count'];
  }
  return free > next ? 'its sequence numbers contradict each other' : undefined;
}

/** LMDB refuses some keys with an error of its own. */
function isNamed({ topic, senderId }: Readonly<Record<string, unknown>>): boolean {
  return typeof topic === 'string' && typeof senderId === 'string' && /^[0-9a-f]+$/.test(senderId);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** What LMDB finds wrong with a file (lmdb.h): MDB_CORRUPTED and MDB_PAGE_NOTFOUND. Other codes are of the moment. */
const DAMAGE_CODES: readonly unknown[] = [-30_796, -30_797];

function problemOf(read: () => unknown): string | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (typeof code === 'number' && !DAMAGE_CODES.includes(code)) throw error;
    return errorMessage(error);
  }
}
