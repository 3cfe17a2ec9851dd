import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, it } from 'node:test';
import { LAYERS } from '../scripts/layers.ts';

const SOURCE = join(import.meta.dirname, '..', 'src');
const files = globSync('**/*.ts', { cwd: SOURCE }).sort();
const IMPORT = /(?:\bfrom|\bimport)\s*\(?\s*'([^']+)'/g;

interface Import {
  readonly file: string;
  /** A file below `src/`, or the name of a module. */
  readonly target: string;
}

const imports: readonly Import[] = files.flatMap((file) => {
  const text = readFileSync(join(SOURCE, file), 'utf8');
  return [...text.matchAll(IMPORT)].map(([, specifier = '']) => ({
    file,
    target: specifier.startsWith('.') ? normalize(join(dirname(file), specifier)) : specifier,
  }));
});

const inside = imports.filter(({ target }) => target.endsWith('.ts'));

describe('the tree', () => {
  it('has a layer for each folder and each file at the top', () => {
    assert.deepEqual([...new Set(files.map(layerOf))].sort(), LAYERS.map(({ name }) => name).sort());
  });

  it('imports only what the layer of a file may know', () => {
    const wrong = inside.filter(({ file, target }) => {
      const from = LAYERS.find(({ name }) => name === layerOf(file));
      const to = layerOf(target);
      return to !== from?.name && !from?.imports.includes(to) && !from?.imports.includes('*');
    });
    assert.deepEqual(wrong, []);
  });

  it('lists its layers so that imports point down', () => {
    const names = LAYERS.map(({ name }) => name);
    const up = LAYERS.flatMap(({ name, imports: known }) =>
      known
        .filter((other) => other !== '*' && names.indexOf(other) < names.indexOf(name))
        .map((other) => [name, other]),
    );
    assert.deepEqual(up, []);
  });

  it('has no cycle between files', () => {
    const edges = Map.groupBy(inside, ({ file }) => file);
    const done = new Set<string>();
    const visit = (file: string, path: readonly string[]): void => {
      assert.ok(!path.includes(file), `a cycle of imports: ${[...path, file].join(' -> ')}`);
      if (done.has(file)) return;
      for (const { target } of edges.get(file) ?? []) visit(target, [...path, file]);
      done.add(file);
    };
    for (const file of files) visit(file, []);
  });

  /** What depends on nothing but what it is given. */
  const DIGESTS = "import { hash } from 'node:crypto';";

  const pure = files.filter(
    (file) =>
      /^(event|topics|listing)\//.test(file) ||
      /^process\/.*\/parse-[a-z-]+\.ts$/.test(file) ||
      /^process\/(diff|baseline|describe-process|cycle-events|(redact|findings|expected)\/.*)\.?/.test(file) ||
      /^cli\/(cut-to-width|display|event-text|fit-columns|outbox-lines|process-table|report-lines|status-lines)\.ts$/.test(
        file,
      ) ||
      /^control\/(parse-[a-z-]+|cycle-summary)\.ts$/.test(file) ||
      /^otlp\/(event-record|event-body|export-outcome|endpoint-secrets|retry-policy|deliver-batch)\.ts$/.test(file),
  );

  it('keeps the deciding parts pure: no Node module, no clock, no randomness, no environment', () => {
    assert.ok(pure.length >= 20, `only ${pure.length} pure files found`);
    const impure = pure.flatMap((file) => {
      const text = readFileSync(join(SOURCE, file), 'utf8').replace(DIGESTS, '');
      const found =
        text.match(
          /from 'node:|\bDate\.now\b|\bMath\.random\b|\bprocess\.(env|argv|platform|exitCode)\b|\bprocess\.exit\(/g,
        ) ?? [];
      return found.map((what) => `${file}: ${what}`);
    });
    assert.deepEqual(impure, []);
  });

  it('reads argv, environment and exit code in main.ts alone', () => {
    const others = files.filter((file) => {
      const text = readFileSync(join(SOURCE, file), 'utf8');
      return file !== 'main.ts' && /\bprocess\.(argv|exitCode)\b|\bprocess\.exit\(/.test(text);
    });
    assert.deepEqual(others, []);
  });

  it('imports prom-client, lmdb, re2js and systeminformation in one file each, so that each can be replaced', () => {
    const users = (module: string) => [
      ...new Set(imports.filter(({ target }) => target === module).map(({ file }) => file)),
    ];
    assert.deepEqual(users('prom-client'), ['metrics/metrics.ts']);
    assert.deepEqual(users('lmdb'), ['store/layout.ts']);
    // Its faults stay in a process of its own.
    assert.deepEqual(users('systeminformation'), ['process/enumerate/portable/process-reader.ts']);
    assert.deepEqual(
      inside.filter(({ target }) => target.endsWith('process-reader.ts')),
      [],
    );
    assert.deepEqual(users('re2js'), ['base/linear-pattern.ts']);
  });
});

function layerOf(file: string): string {
  return file.split('/')[0] as string;
}
