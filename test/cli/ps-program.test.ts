import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { cellsOf } from '../../src/cli/cut-to-width.ts';
import type { ProcessEvent } from '../../src/event/process-event.ts';
import { commandLine, NO_ENDPOINT, runProcmond, runProgram } from '../fake/run-procmond.ts';
import { HOSTILE_NAME, startFamily } from './process-family.ts';

test('ps finds a process by a word in its arguments, and not itself', async (t) => {
  const { marker, parentPid, childPid } = await startFamily(t);
  const { exitCode, stdout, stderr } = await runProcmond(['ps', marker.toUpperCase(), 'SH']);
  assert.deepEqual([exitCode, stderr], [0, '']);
  assert.deepEqual(
    stdout
      .split('\n')
      .slice(1, -1)
      .map((line) => Number(line.trim().split(' ')[0])),
    [parentPid, childPid].toSorted((a, b) => a - b),
  );
});

test('ps shows a child below its parent, with all above them', async (t) => {
  const { marker, parentPid, childPid } = await startFamily(t);
  const { stdout } = await runProcmond(['ps', '--tree', '--columns', 'pid,ppid,command', `${marker}-child`]);
  const lines = stdout.split('\n').slice(1, -1);
  assert.match(lines.at(-1) ?? '', new RegExp(`^ *${childPid}  +${parentPid}  [│ ]+└─ sh -c `));
  assert.match(lines.at(-2) ?? '', new RegExp(`^ *${parentPid}  +${process.pid}  [│ ]*[├└]─ /bin/sh -c `));
  assert.match(lines.at(-3) ?? '', new RegExp(`^ *${process.pid} `));
});

test('ps sorts by what was asked for', async () => {
  const { stdout } = await runProcmond(['ps', '--sort', '-rss', '--format', 'ndjson', '--kernel-threads', 'exclude']);
  const sizes = stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => (JSON.parse(line) as ProcessEvent).memoryUsage);
  assert.ok(sizes.length > 1);
  assert.deepEqual(
    sizes,
    sizes.toSorted((a, b) => Number(b) - Number(a)),
  );
});

test('ps keeps hostile names and arguments from whoever reads along, and exact in JSON', async (t) => {
  const { childPid, hostileText } = await startFamily(t);
  const table = await runProcmond(['ps', '--pid', String(childPid), '--columns', 'pid,name,command']);
  assert.equal(table.stdout.split('\n').length, 3);
  assert.doesNotMatch(table.stdout, /[^\P{Cc}\n]|[\u202a-\u202e]/u);
  assert.match(table.stdout, / x\\x1b\[2J\\u\{202e\}\\n {2}/);

  const json = await runProcmond(['ps', '--pid', String(childPid), '--json']);
  assert.doesNotMatch(json.stdout, /[^\P{Cc}\n]|[\u202a-\u202e]/u);
  const [process] = JSON.parse(json.stdout) as ProcessEvent[];
  assert.equal(process?.name, HOSTILE_NAME);
  assert.equal(process?.commandLine.at(-1)?.split('--')[0], hostileText.split('--')[0]);
});

test('ps finds no secret, since it has none', async (t) => {
  const { marker } = await startFamily(t);
  assert.equal((await runProcmond(['ps', marker, 'password'])).exitCode, 0);
  const { exitCode, stdout, stderr } = await runProcmond(['ps', marker, 'hunter2']);
  assert.deepEqual([exitCode, stdout], [1, '']);
  assert.match(stderr, /^procmond: none of \d+ processes is found by "family-[0-9a-f-]+" and "hunter2"\n$/);
});

test('ps keeps its lines within a terminal, with a head that stands out', async (t) => {
  if (spawnSync('script', ['--version']).status !== 0) return t.skip('there is no script(1) to make a terminal with');
  const { marker } = await startFamily(t);
  const words = commandLine(['ps', marker])
    .map((word) => `'${word}'`)
    .join(' ');
  const terminal = ['script', '-qec', `stty cols 50; ${words}`, '/dev/null'] as const;
  const { stdout } = await runProgram(terminal, { TERM: 'xterm', LANG: 'C.UTF-8' });
  const lines = stdout.replaceAll('\r', '').split('\n').slice(0, -1);
  assert.equal(lines.length, 3);
  assert.match(lines[0]?.replaceAll('\u001b', 'ESC') ?? '', /^ESC\[1m *PID .* COMMANDESC\[0m$/);
  for (const line of lines.slice(1)) {
    assert.match(line, /…$/);
    assert.equal(cellsOf(line), 50);
  }
});

test('ps says which column was meant, and reads nothing', async () => {
  const { exitCode, stdout, stderr } = await runProcmond(['ps', '--sort', 'thread']);
  assert.deepEqual([exitCode, stdout], [2, '']);
  assert.match(stderr, /^procmond: flag --sort: "thread" is not one of the known names; .*; did you mean threads\?\n/);
});

test('snapshot answers the same questions about the last cycle', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'procmond-cli-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const { marker, parentPid, childPid } = await startFamily(t);
  const once = await runProcmond(['--once', '--data-dir', directory, '--endpoint', NO_ENDPOINT, '--metrics-port', '0']);
  assert.equal(once.exitCode, 0, once.stderr);

  const found = await runProcmond(['snapshot', '--data-dir', directory, '--json', '--sort', 'ppid', marker]);
  assert.deepEqual([found.exitCode, found.stderr], [0, '']);
  const pids = (JSON.parse(found.stdout) as ProcessEvent[]).map(({ pid }) => pid);
  assert.deepEqual(new Set(pids), new Set([parentPid, childPid]));

  const nothing = await runProcmond(['snapshot', '--data-dir', directory, '--user', 'nobody-at-all', marker]);
  assert.deepEqual([nothing.exitCode, nothing.stdout], [1, '']);
  assert.match(
    nothing.stderr,
    /^as of .*\nprocmond: none of \d+ processes is found by "[^"]+", of user nobody-at-all\n$/,
  );
});
