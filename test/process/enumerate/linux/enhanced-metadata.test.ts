import assert from 'node:assert/strict';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { suite, type TestContext, test } from 'node:test';
import { PROCESS_FIELDS } from '../../../../src/event/process-fields.ts';
import type { Enumeration, EnumerationRequest } from '../../../../src/process/enumerate/enumerator.ts';
import { lacking } from '../../../fake/lacking.ts';
import { enumerator, find, type Read, readingOf, Talker } from './live-host.ts';
import { ProcTree, statLine, statusText } from './proc-tree.ts';
import { attributesOf } from './told-attributes.ts';

const ID = 'a1'.repeat(32);
const POD = '01234567-89ab-cdef-0123-456789abcdef';

/** One process in a pod, one in a unit of a user's manager: together they have everything there is to be told. */
const CGROUPS = [
  `0::/kubepods.slice/kubepods-pod${POD.replaceAll('-', '_')}.slice/cri-containerd-${ID}.scope\n`,
  '0::/user.slice/user-1000.slice/user@1000.service/app.slice/app-x.service\n',
];

/** A host of two processes, all of whose files are there. */
function wholeHost(t: TestContext): ProcTree {
  const tree = new ProcTree(t);
  tree.write('stat', 'btime 1795398100\nprocesses 50697\n');
  tree.write('sys/kernel/random/boot_id', '3f2c1d7e-9a64-4b08-8e51-c0ffee123456\n');
  for (const [index, cgroup] of CGROUPS.entries()) {
    const pid = String(index + 7);
    tree.write(`${pid}/stat`, statLine({ pid: Number(pid) }));
    const switches = { voluntary_ctxt_switches: '5', nonvoluntary_ctxt_switches: '6', VmSwap: '8 kB' };
    tree.write(`${pid}/status`, statusText(Number(pid), { Uid: '0\t0\t0\t0', Gid: '0\t0\t0\t0', ...switches }));
    // Written over: a title.
    tree.write(`${pid}/cmdline`, 'worker: busy');
    tree.write('program', 'what it runs');
    tree.link(`${pid}/exe`, `${tree.root}/program`);
    tree.link(`${pid}/cwd`, '/srv');
    tree.write(`${pid}/cgroup`, cgroup);
    tree.write(`${pid}/loginuid`, '0');
    for (const kind of ['pid', 'mnt', 'net', 'user']) tree.link(`${pid}/ns/${kind}`, `${kind}:[4026531836]`);
    tree.write(`${pid}/io`, 'read_bytes: 4096\nwrite_bytes: 8192\ncancelled_write_bytes: 0\n');
    tree.write(`${pid}/oom_score`, '666\n');
    tree.write(`${pid}/fd/0`, '');
  }
  return tree;
}

/** Twice: some things are told of a process that was seen before. */
async function readTwice(read: Read, request: Partial<EnumerationRequest>): Promise<Enumeration> {
  await read(request);
  return read(request);
}

/** Names of what is told of any of them. */
function toldOf(enumeration: Enumeration, enhanced: boolean): ReadonlySet<string> {
  return new Set(enumeration.processes.flatMap((process) => [...attributesOf(process, enumeration, enhanced).keys()]));
}

const ENHANCED = PROCESS_FIELDS.filter(({ enhanced }) => enhanced).map(({ attribute }) => attribute);

suite('without enhanced metadata', { skip: lacking({}) }, () => {
  test('exactly the attributes that are marked so are missing', async (t) => {
    const tree = wholeHost(t);
    const read = (enhanced: boolean) =>
      readTwice(enumerator({ procRoot: tree.root }), { enhanced, countFileDescriptors: true });
    const all = toldOf(await read(true), true);
    const few = toldOf(await read(false), false);
    assert.deepEqual([...all].filter((attribute) => !few.has(attribute)).sort(), ENHANCED.toSorted());
    assert.deepEqual(
      [...few].filter((attribute) => !all.has(attribute)),
      [],
    );
  });

  /** What can be had for these attributes only: each is a trap to whoever reads it. */
  const traps = (tree: ProcTree, pid: number) => {
    for (const name of ['cgroup', 'loginuid', 'cwd', 'io', 'oom_score', 'ns/mnt', 'ns/net', 'ns/user', 'ns/pid']) {
      tree.refuse(`${pid}/${name}`);
    }
    tree.link(`${pid}/fd`, 'fd');
    // Has a size and times, and no content.
    tree.refuse('program');
  };

  test('nothing is read that is only for those', async (t) => {
    const tree = wholeHost(t);
    const pid = 7;
    traps(tree, pid);
    const request = { countFileDescriptors: true };
    const caught = find(await readTwice(enumerator({ procRoot: tree.root }), { ...request, enhanced: true }), pid);
    assert.deepEqual(caught.details?.deniedFields, [
      'process.executable.build_id.htlhash',
      'process.linux.cgroup',
      'process.working_directory',
      'procmond.namespace.mnt',
      'procmond.namespace.net',
      'procmond.namespace.user',
      'procmond.process.disk.io.read',
      'procmond.process.disk.io.write',
      'procmond.process.file_descriptors',
      'procmond.process.login_user.id',
      'procmond.process.oom.score',
    ]);
    const free = find(await readTwice(enumerator({ procRoot: tree.root }), { ...request, enhanced: false }), pid);
    assert.equal(free.details?.deniedFields, undefined);
    assert.deepEqual(free.details?.args, ['worker: busy']);
  });

  test('four files of a real process are opened, and later three; once per program, who may write above it is looked at', async (t) => {
    const { pid } = await Talker.run(t, 'echo ready; read line');
    const read = readingOf(t, pid);
    const request = { enhanced: false, countFileDescriptors: true };
    await read(request);
    const fresh = readingOf(t, pid);
    const first = await opened(pid, () => fresh(request));
    const above = first.filter((name) => name.startsWith('root/'));
    assert.ok(above.length > 0);
    assert.deepEqual(first, ['cmdline', 'exe', ...above, 'stat', 'status']);
    const again = await opened(pid, () => fresh(request));
    assert.deepEqual(again, ['exe', 'stat', 'status']);
    const all = await opened(pid, () => fresh({ ...request, enhanced: true }));
    const extra = all.filter((name) => !first.includes(name));
    assert.deepEqual(extra, ['cgroup', 'cwd', 'fd', 'io', 'loginuid', 'ns/mnt', 'ns/net', 'ns/user', 'oom_score']);
  });
});

const READING = ['openSync', 'readFileSync', 'readlinkSync', 'readdirSync', 'statSync'] as const;

/** Names below `/proc/PID` that a reading asks the system for, each once. */
async function opened(pid: number, read: () => Promise<unknown>): Promise<readonly string[]> {
  const names = new Set<string>();
  const originals = READING.map((name) => [name, fs[name]] as const);
  const note = (path: unknown) => {
    const [, name] = new RegExp(`/${pid}/(.*)`).exec(String(path)) ?? [];
    if (name !== undefined) names.add(name);
  };
  for (const [name, original] of originals) {
    Object.assign(fs, {
      [name]: (path: unknown, ...rest: unknown[]) => {
        note(path);
        return (original as (...args: unknown[]) => unknown)(path, ...rest);
      },
    });
  }
  syncBuiltinESMExports();
  try {
    await read();
  } finally {
    Object.assign(fs, Object.fromEntries(originals));
    syncBuiltinESMExports();
  }
  return [...names].sort();
}
