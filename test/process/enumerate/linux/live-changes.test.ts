import assert from 'node:assert/strict';
import {
  copyFileSync,
  existsSync,
  linkSync,
  readFileSync,
  readlinkSync,
  renameSync,
  statSync,
  unlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { suite, type TestContext, test } from 'node:test';
import type { ProcessDetails } from '../../../../src/event/process-row.ts';
import type { Enumeration } from '../../../../src/process/enumerate/enumerator.ts';
import { compiled } from '../../../fake/compile-program.ts';
import { lacking } from '../../../fake/lacking.ts';
import { hierarchies, moveToGroup } from './control-groups.ts';
import { enumerator, find, labelled, readingOf, scratch, Talker } from './live-host.ts';
import { attributesOf } from './told-attributes.ts';

const obey = compiled(join(import.meta.dirname, 'programs/obey.c'));
const able = { skip: lacking({}) || (obey === undefined && 'there is no C compiler') };
const root = { skip: able.skip || lacking({ root: true }) };
const SHELL = { skip: able.skip || lacking({ root: true, programs: ['unshare', 'mount'] }) };

/** A process that obeys, of a file of its own. */
interface Obedient {
  readonly talker: Talker;
  readonly pid: number;
  /** Where its file is, and may be moved. */
  readonly directory: string;
  readonly program: string;
}

async function startObedient(
  t: TestContext,
  { name = 'program', args = [] as readonly string[] } = {},
): Promise<Obedient> {
  const directory = scratch(t);
  const program = join(directory, name);
  copyFileSync(obey as string, program);
  const talker = await Talker.start(t, program, args);
  return { talker, pid: talker.pid, directory, program };
}

async function asked({ talker }: Obedient, ...lines: readonly string[]): Promise<void> {
  for (const line of lines) assert.equal(await talker.ask(line), 'done', line);
}

interface Change {
  readonly story: string;
  readonly options: { readonly skip: string | false };
  /** A reason, where this host turns out not to allow it. */
  readonly make: (obedient: Obedient, t: TestContext) => Promise<string | void> | string | void;
  readonly seen: (obedient: Obedient) => Partial<ProcessDetails>;
}

const link = ({ pid }: Obedient, kind: string) => readlinkSync(`/proc/${pid}/ns/${kind}`);
const inode = (target: string) => Number(/\d+/.exec(target)?.[0]);

const CHANGES: readonly Change[] = [
  {
    story: 'of its user ids',
    options: root,
    make: (obedient) => asked(obedient, 'uids 1001 1002 1003 1003'),
    seen: () => ({
      realUserId: 1001,
      userId: 1002,
      savedUserId: 1003,
      filesystemUserId: 1003,
      effectiveCapabilities: '0000000000000000',
    }),
  },
  {
    story: 'of its group ids',
    options: root,
    make: (obedient) => asked(obedient, 'gids 2001 2002 2003 2004'),
    seen: () => ({ realGroupId: 2001, groupId: 2002, savedGroupId: 2003, filesystemGroupId: 2004 }),
  },
  {
    story: 'that drops capabilities',
    options: root,
    make: (obedient) => asked(obedient, 'capabilities 400'),
    seen: () => ({ effectiveCapabilities: '0000000000000400' }),
  },
  {
    story: 'that gives up new privileges',
    options: able,
    make: (obedient) => asked(obedient, 'no-new-privileges'),
    seen: () => ({ noNewPrivileges: true }),
  },
  {
    story: 'that has its system calls filtered',
    options: able,
    make: (obedient) => asked(obedient, 'no-new-privileges', 'seccomp'),
    seen: () => ({ seccompMode: 2 }),
  },
  {
    story: 'of its title',
    options: able,
    make: (obedient) => asked(obedient, 'title busy: 3 jobs'),
    seen: ({ program }) => ({ title: 'busy: 3 jobs', args: [program, 'with', 'arguments'], argsCount: 3 }),
  },
  {
    story: 'of its working directory',
    options: able,
    make: (obedient) => asked(obedient, `chdir ${obedient.directory}`),
    seen: ({ directory }) => ({ workingDirectory: directory }),
  },
  {
    story: 'of its control group',
    options: root,
    make: moveToSomeGroup,
    seen: ({ pid }) => ({ cgroup: readFileSync(`/proc/${pid}/cgroup`, 'latin1').trimEnd() }),
  },
  {
    story: 'of its network namespace',
    options: root,
    make: async (obedient) => {
      await asked(obedient, 'unshare net');
      assert.notEqual(link(obedient, 'net'), readlinkSync('/proc/self/ns/net'));
    },
    seen: (obedient) => ({ networkNamespace: inode(link(obedient, 'net')) }),
  },
  {
    story: 'of its mount namespace',
    options: root,
    make: (obedient) => asked(obedient, 'unshare mnt'),
    seen: (obedient) => ({ mountNamespace: inode(link(obedient, 'mnt')) }),
  },
  {
    story: 'of its user namespace',
    options: root,
    make: (obedient) => asked(obedient, 'unshare user'),
    seen: (obedient) => ({ userNamespace: inode(link(obedient, 'user')) }),
  },
  {
    story: 'that deletes its executable',
    options: able,
    make: ({ program }) => unlinkSync(program),
    seen: ({ program }) => ({
      executablePath: program,
      executableDeleted: true,
      executableExists: false,
      executableMemfd: false,
    }),
  },
  {
    story: 'that replaces its executable, as an upgrade does',
    options: able,
    make: ({ program }) => {
      copyFileSync('/bin/sh', `${program}.new`);
      renameSync(`${program}.new`, program);
      assert.ok(existsSync(program));
    },
    seen: ({ program, pid }) => ({
      executablePath: program,
      executableDeleted: true,
      executableExists: false,
      executableInode: statSync(`/proc/${pid}/exe`).ino,
    }),
  },
  {
    story: 'that leaves its executable another name only',
    options: able,
    make: ({ program }) => {
      linkSync(program, `${program}.other`);
      unlinkSync(program);
    },
    seen: ({ program }) => ({ executablePath: program, executableDeleted: true, executableExists: true }),
  },
  {
    story: 'that renames its executable',
    options: able,
    make: ({ program }) => renameSync(program, `${program}.moved`),
    seen: ({ program }) => ({
      executablePath: `${program}.moved`,
      executableDeleted: false,
      executableExists: true,
    }),
  },
];

/** Into a new group of the first hierarchy that lets us make one. */
function moveToSomeGroup({ talker, pid }: Obedient, t: TestContext): string | void {
  const refusals: string[] = [];
  for (const hierarchy of hierarchies()) {
    const refusal = moveToGroup(t, talker, hierarchy, `procmond-test-${pid}`);
    if (refusal === undefined) return;
    refusals.push(refusal);
  }
  return `no control group may be made here: ${refusals.join('; ') || 'none is mounted'}`;
}

const sameDetails = (details: ProcessDetails | undefined, expected: Partial<ProcessDetails>) =>
  Object.entries(expected).every(
    ([key, value]) => JSON.stringify(details?.[key as keyof ProcessDetails]) === JSON.stringify(value),
  );
const pick = (details: ProcessDetails | undefined, expected: Partial<ProcessDetails>) =>
  Object.fromEntries(Object.keys(expected).map((key) => [key, details?.[key as keyof ProcessDetails]]));

suite('a change without an exec', () => {
  for (const { story, options, make, seen } of CHANGES) {
    for (const refreshCycles of [1, 5]) {
      const when = refreshCycles === 1 ? 'in the next cycle' : `within ${refreshCycles} cycles`;
      test(`${story} is seen ${when}`, options, async (t) => {
        const obedient = await startObedient(t, { args: ['with', 'arguments'] });
        const read = readingOf(t, obedient.pid, refreshCycles);
        for (let cycle = 0; cycle < refreshCycles; cycle++) await read();
        const { details } = find(await read(), obedient.pid);
        const reason = await make(obedient, t);
        if (reason !== undefined) return t.skip(reason);
        const expected = seen(obedient);
        assert.ok(!sameDetails(details, expected), 'nothing would change');
        let after = details;
        for (let cycle = 0; cycle < refreshCycles && !sameDetails(after, expected); cycle++) {
          after = find(await read(), obedient.pid).details;
        }
        assert.deepEqual(pick(after, expected), expected);
        assert.equal(after?.deniedFields, undefined);
      });
    }
  }

  test('of its name is seen in the next cycle, however rarely all is read again', able, async (t) => {
    const obedient = await startObedient(t);
    const read = readingOf(t, obedient.pid, 0);
    const before = find(await read(), obedient.pid);
    assert.equal(before.comm, 'program');
    await asked(obedient, 'name other (name');
    const after = find(await read(), obedient.pid);
    assert.equal(after, before);
    assert.deepEqual([after.comm, after.details?.args], ['other (name', [obedient.program]]);
  });

  test('moves no detail that it does not touch', able, async (t) => {
    const obedient = await startObedient(t);
    const read = readingOf(t, obedient.pid);
    const before = find(await read(), obedient.pid).details;
    await asked(obedient, 'no-new-privileges');
    const after = find(await read(), obedient.pid).details;
    assert.deepEqual({ ...after, noNewPrivileges: false }, before);
  });
});

suite('the executable of a process of this host', () => {
  test('that is called as if it were deleted is told by its name, and when it is, by its name too', able, async (t) => {
    const { pid, program } = await startObedient(t, { name: 'x (deleted)' });
    const read = readingOf(t, pid);
    const alive = { executablePath: program, executableDeleted: false, executableExists: true };
    assert.deepEqual(pick(find(await read(), pid).details, alive), alive);
    unlinkSync(program);
    const dead = { executablePath: program, executableDeleted: true, executableExists: false };
    assert.deepEqual(pick(find(await read(), pid).details, dead), dead);
  });

  test('that is deleted is not taken for another file of the name that the kernel then gives it', able, async (t) => {
    const { pid, program } = await startObedient(t);
    const read = readingOf(t, pid);
    linkSync(program, `${program}.kept`);
    unlinkSync(program);
    copyFileSync('/bin/sh', `${program} (deleted)`);
    const expected = { executablePath: program, executableDeleted: true, executableExists: true };
    assert.deepEqual(pick(find(await read(), pid).details, expected), expected);
  });

  for (const name of ['helper', 'x (deleted)', 'a b']) {
    test(`that is memory called ${name} has that for a path and no file`, able, async (t) => {
      const obedient = await startObedient(t);
      const read = readingOf(t, obedient.pid, 0);
      await read();
      assert.equal(await obedient.talker.ask(`memory ${obedient.program} ${name}`), 'ready');
      const { details } = find(await read(), obedient.pid);
      const expected = {
        executablePath: `/memfd:${name}`,
        executableMemfd: true,
        executableDeleted: true,
        executableExists: false,
        args: ['from-memory'],
      };
      assert.deepEqual(pick(details, expected), expected);
      assert.equal(details?.executableBytes, statSync(obedient.program).size);
    });
  }

  test('that lies in a mount of its own namespace exists, though its path leads nowhere here', SHELL, async (t) => {
    const directory = scratch(t);
    const script = 'mount -t tmpfs none "$0" && cp "$1" "$0/program" && exec "$0/program"';
    const talker = await Talker.start(t, 'unshare', ['-m', '/bin/sh', '-c', script, directory, obey as string]);
    const program = join(directory, 'program');
    assert.ok(!existsSync(program));
    const { details } = find(await readingOf(t, talker.pid)(), talker.pid);
    const expected = { executablePath: program, executableDeleted: false, executableExists: true };
    assert.deepEqual(pick(details, expected), expected);
    assert.equal(details?.executableBytes, statSync(obey as string).size);
    assert.match(details?.executableHtlhash ?? '', /^[0-9a-f]{32}$/);
  });
});

suite('an exec in place', () => {
  test(
    'of the same program with other arguments is seen in the next cycle, with nothing of the title before',
    able,
    async (t) => {
      const obedient = await startObedient(t, { args: ['one'] });
      const { program, pid, talker } = obedient;
      const read = readingOf(t, pid, 0);
      await read();
      await asked(obedient, 'title rewritten');
      assert.equal(await talker.ask(`exec ${program} two`), 'ready');
      const { details } = find(await read(), pid);
      assert.deepEqual([details?.args, details?.title], [[program, 'two'], undefined]);
    },
  );

  test('is told once for each, as often as it happens', able, async (t) => {
    const { program, pid, talker } = await startObedient(t);
    const read = readingOf(t, pid, 0);
    const first = find(await read(), pid);
    for (let count = 1; count <= 50; count++) {
      assert.equal(await talker.ask(`exec ${program} ${count}`), 'ready');
      const after = find(await read(), pid);
      assert.equal(after, first);
      assert.deepEqual(after.details?.args, [program, String(count)]);
    }
  });
});

suite('the time of the last reading', () => {
  /** What a record says of it. */
  const told = (enumeration: Enumeration, pid: number) => {
    const time = attributesOf(find(enumeration, pid), enumeration).get('procmond.process.refreshed_time');
    assert.ok(typeof time === 'string');
    return Date.parse(time);
  };

  test('is told, moves with the refresh and is never older than that', { skip: lacking({}) }, async () => {
    const refreshCycles = 5;
    const read = enumerator({ refreshCycles });
    const begun: number[] = [];
    const times: number[] = [];
    for (let cycle = 0; cycle < 4 * refreshCycles; cycle++) {
      const enumeration = await read();
      begun.push(enumeration.startedAtMillis);
      const at = told(enumeration, process.pid);
      assert.equal(at, find(enumeration, process.pid).refreshedAtMillis);
      assert.ok(at <= enumeration.endedAtMillis);
      assert.ok(at >= (begun.at(-refreshCycles) ?? begun[0] ?? 0), `cycle ${cycle}`);
      times.push(at);
    }
    assert.deepEqual(
      times,
      times.toSorted((a, b) => a - b),
    );
    const moves = times.filter((time, cycle) => cycle > 0 && time !== times[cycle - 1]);
    assert.ok(moves.length >= 2 && moves.length <= 4, `it moved ${moves.length} times in 20 cycles`);
  });

  test('is that of the values that were read then', able, async (t) => {
    const obedient = await startObedient(t);
    const read = readingOf(t, obedient.pid, 5);
    await read();
    const before = find(await read(), obedient.pid);
    const { refreshedAtMillis } = before;
    await asked(obedient, 'no-new-privileges');
    assert.equal(labelled(`/proc/${obedient.pid}/status`, 'NoNewPrivs'), '1');
    for (let cycle = 0; cycle < 5; cycle++) {
      const now = find(await read(), obedient.pid);
      const moved = now.refreshedAtMillis !== refreshedAtMillis;
      assert.equal(now.details?.noNewPrivileges, moved);
    }
  });
});
