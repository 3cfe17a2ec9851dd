import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SETTING_OPTIONS } from '../../src/config/option-table.ts';
import { DEFAULT_HASH_ROOTS } from '../../src/hasher/binary-hasher.ts';
import { DEFAULT_HASH_BYTES_PER_SECOND, DEFAULT_HASH_CONCURRENCY } from '../../src/hasher/hash-engine.ts';
import { DEFAULT_PROCESS_SOURCE_CONFIG } from '../../src/process/process-source-config.ts';

test('the library hashes by default as the program does', () => {
  const defaults = Object.fromEntries(SETTING_OPTIONS.map((option) => [option.name, option.default]));
  assert.deepEqual(
    {
      'compute-hashes': DEFAULT_PROCESS_SOURCE_CONFIG.computeExecutableHashes,
      'hash-budget': DEFAULT_PROCESS_SOURCE_CONFIG.hashBudgetMillis / 1_000,
      'hash-bytes-per-second': DEFAULT_HASH_BYTES_PER_SECOND,
      'hash-concurrency': DEFAULT_HASH_CONCURRENCY,
      'hash-roots': DEFAULT_HASH_ROOTS.join(', '),
    },
    Object.fromEntries(Object.entries(defaults).filter(([name]) => /^(compute-hashes|hash-.*)$/.test(name))),
  );
});
