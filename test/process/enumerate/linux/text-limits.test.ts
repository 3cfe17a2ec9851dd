import assert from 'node:assert/strict';
import { suite, type TestContext, test } from 'node:test';
import { createRedactor, type TextLimits } from '../../../../src/process/redact/redactor.ts';
import { enumerator, find } from './live-host.ts';
import { ProcTree, statLine, statusText } from './proc-tree.ts';

interface Texts {
  readonly args?: readonly string[];
  readonly executable?: string;
  readonly directory?: string;
  readonly cgroup?: string;
}

/** What is kept of a process' texts. */
async function kept(t: TestContext, texts: Texts, limits: Partial<TextLimits>) {
  const tree = new ProcTree(t);
  tree.write('stat', 'btime 1795398100\nprocesses 50697\n');
  tree.write('sys/kernel/random/boot_id', '3f2c1d7e-9a64-4b08-8e51-c0ffee123456\n');
  const { args = ['x'], executable = '/x', directory = '/', cgroup = '0::/' } = texts;
  tree.write('5/stat', statLine({ pid: 5 }));
  tree.write('5/status', statusText(5));
  tree.write('5/cmdline', args.map((argument) => `${argument}\0`).join(''));
  tree.write('5/cgroup', `${cgroup}\n`);
  tree.link('5/exe', executable);
  tree.link('5/cwd', directory);
  const { details } = find(
    await enumerator({ procRoot: tree.root })({ redactor: createRedactor('redacted', { limits }) }),
    5,
  );
  assert.ok(details !== undefined);
  return details;
}

suite('of arguments', () => {
  for (const [count, limit, truncated] of [
    [255, 256, false],
    [256, 256, false],
    [257, 256, true],
    [1, 1, false],
    [2, 1, true],
    [4_096, 4_096, false],
    [4_097, 4_096, true],
  ] as const) {
    test(`as many as allowed are kept: ${count} of at most ${limit}`, async (t) => {
      const { args, argsCount, argsTruncated } = await kept(
        t,
        { args: Array.from({ length: count }, () => 'a') },
        { maxArguments: limit },
      );
      assert.deepEqual([args?.length, argsCount, argsTruncated], [Math.min(count, limit), count, truncated]);
    });
  }

  for (const [bytes, limit, truncated] of [
    [255, 256, false],
    [256, 256, false],
    [257, 256, true],
    [8_192, 8_192, false],
    [8_193, 8_192, true],
    [32_768, 32_768, false],
    [32_769, 32_768, true],
  ] as const) {
    test(`as much as allowed is kept: ${bytes} bytes of at most ${limit}`, async (t) => {
      // Words, since one of more than 16 KiB is hidden unread.
      const args = ['-a', ...('b'.repeat(bytes - 2).match(/.{1,4000}/g) ?? [])];
      const { args: left = [], argsTruncated } = await kept(t, { args }, { maxArgumentBytes: limit });
      assert.equal(left.join(''), args.join('').slice(0, limit));
      assert.equal(argsTruncated, truncated);
    });
  }
});

suite('of paths and control groups', () => {
  for (const [length, limit, truncated] of [
    [255, 256, false],
    [256, 256, false],
    [257, 256, true],
    // The longest that a link can be made of; /proc shows no longer ones.
    [4_000, 4_096, false],
  ] as const) {
    test(`as much as allowed is kept: ${length} bytes of at most ${limit}`, async (t) => {
      const path = `/${'seg/'.repeat(1_024)}`.slice(0, length - 1).concat('x');
      const group = `0::${path.slice(3)}`;
      const details = await kept(t, { executable: path, directory: path, cgroup: group }, { maxTextBytes: limit });
      const { executablePath, workingDirectory, cgroup, truncatedFields } = details;
      const cut = path.slice(0, limit);
      assert.deepEqual([executablePath, workingDirectory, cgroup], [cut, cut, group.slice(0, limit)]);
      assert.deepEqual(
        truncatedFields,
        truncated ? ['process.executable.path', 'process.linux.cgroup', 'process.working_directory'] : undefined,
      );
    });
  }

  test('what is cut keeps whole characters, and no part of a secret', async (t) => {
    const cgroup = `0::/${'é'.repeat(125)}xé`;
    const { cgroup: kept256 } = await kept(t, { cgroup }, { maxTextBytes: 256 });
    assert.equal(kept256, `0::/${'é'.repeat(125)}x`);
    const secret = `ghp_${'Aa1Bb2Cc3D'.repeat(4).slice(0, 36)}`;
    const text = `0::/${'d'.repeat(240)}/${secret}`;
    const { cgroup: redacted } = await kept(t, { cgroup: text }, { maxTextBytes: 256 });
    assert.ok(!redacted?.includes('ghp_A'), redacted);
  });
});
