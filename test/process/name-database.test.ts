import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { NameDatabase, parseNames } from '../../src/process/name-database.ts';

suite('names of ids', () => {
  test('are those of passwd and group files; the first of an id wins', () => {
    const text = 'root:x:0:0:root:/root:/bin/sh\ntoor:x:0:0::/:/bin/sh\nada:x:1000:1000:Ada,,,:/home/ada:/bin/bash\n';
    assert.deepEqual(
      [...parseNames(text)],
      [
        [0, 'root'],
        [1000, 'ada'],
      ],
    );
    assert.deepEqual(
      [...parseNames('users:x:100:ada,bob\nempty:x:101:\n')],
      [
        [100, 'users'],
        [101, 'empty'],
      ],
    );
  });

  test('are taken past whatever else stands in such a file', () => {
    const text =
      '\n# comment:x:5\n+::::::\n+nis:x:6:6\n-bob\n:x:7:7\nnoid:x::\nminus:x:-1:\nword:x:abc:\nhex:x:0x1:\nada:x:1000:\nlast:x:9:9';
    assert.deepEqual(
      [...parseNames(text)],
      [
        [1000, 'ada'],
        [9, 'last'],
      ],
    );
  });

  test('follow the file when it changes, and are none when it cannot be read', (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'procmond-names-'));
    t.after(() => rmSync(directory, { recursive: true }));
    const path = join(directory, 'passwd');
    const names = new NameDatabase(path);
    names.refresh();
    assert.equal(names.name(0), undefined);
    const write = (text: string, seconds: number) => {
      writeFileSync(path, text);
      utimesSync(path, seconds, seconds);
      names.refresh();
    };
    write('root:x:0:0\n', 1_000);
    assert.equal(names.name(0), 'root');
    write('admin:x:0:0\n', 2_000);
    assert.equal(names.name(0), 'admin');
    rmSync(path);
    names.refresh();
    assert.equal(names.name(0), undefined);
    write('root:x:0:0\n', 2_000);
    assert.equal(names.name(0), 'root');
  });

  test('are none, at once, where the path leads to a pipe', (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'procmond-names-'));
    t.after(() => rmSync(directory, { recursive: true }));
    const path = join(directory, 'passwd');
    spawnSync('mkfifo', [path]);
    const names = new NameDatabase(path);
    names.refresh();
    assert.equal(names.name(0), undefined);
  });
});
