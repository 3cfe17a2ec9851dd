import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { getPriority } from 'node:os';
import { test } from 'node:test';
import type { AttributeValue } from '../../../../src/event/collection-event.ts';
import { PROCESS_FIELDS } from '../../../../src/event/process-fields.ts';
import type { Enumeration } from '../../../../src/process/enumerate/enumerator.ts';
import { lacking, programPath } from '../../../fake/lacking.ts';
import { startCast } from './live-cast.ts';
import { enumerator, find, labelled, type Read, statField } from './live-host.ts';
import { type Attributes, attributesOf } from './told-attributes.ts';

type Value = AttributeValue | undefined;

/** What a test holds procmond's word against. Both sides are brought to one form before they are compared. */
interface Comparison {
  readonly attribute: string;
  /** Of what procmond tells. */
  readonly told?: (value: Value) => unknown;
  /** Differs a little between two ways to count the same. */
  readonly within?: number;
}

interface PsColumn extends Comparison {
  readonly column: string;
  /** What it means; undefined = there is none. */
  readonly shown: (text: string) => unknown;
  /** It shows none as well where it cannot tell, or leaves it out. */
  readonly silent?: true;
  /** Not told of kernel threads, and of what has ended. */
  readonly ofPrograms?: true;
  /** Moves of processes that are not at rest, or has its own idea of them. */
  readonly atRest?: true;
}

const STATES: Readonly<Record<string, string>> = { R: 'running', S: 'sleeping', T: 'stopped', Z: 'defunct' };
const text = (shown: string) => shown;
const orNone = (shown: string) => (shown === '-' || shown === '?' ? undefined : shown);
const numberOrNone = (shown: string) => (orNone(shown) === undefined ? undefined : Number(shown));
const CLASSES: Readonly<Record<string, string>> = {
  TS: 'other',
  FF: 'fifo',
  RR: 'rr',
  B: 'batch',
  IDL: 'idle',
  DLN: 'deadline',
};
const asText = (value: Value) => (typeof value === 'string' ? value : '');
const kibibytes = (value: Value) => Number(value) / 1024;

/** Of ps(1), by procps. */
const PS: readonly PsColumn[] = [
  { attribute: 'process.parent_pid', column: 'ppid', shown: Number },
  { attribute: 'process.group_leader.pid', column: 'pgid', shown: Number },
  { attribute: 'process.session_leader.pid', column: 'sid', shown: Number },
  { attribute: 'procmond.process.terminal', column: 'tty', shown: orNone },
  { attribute: 'process.interactive', column: 'tty', shown: (shown) => shown !== '?' },
  { attribute: 'process.user.id', column: 'euid', shown: Number },
  { attribute: 'process.real_user.id', column: 'ruid', shown: Number },
  { attribute: 'process.saved_user.id', column: 'suid', shown: Number },
  { attribute: 'procmond.process.filesystem_user.id', column: 'fuid', shown: Number },
  { attribute: 'procmond.process.group.id', column: 'egid', shown: Number },
  { attribute: 'procmond.process.real_group.id', column: 'rgid', shown: Number },
  { attribute: 'procmond.process.saved_group.id', column: 'sgid', shown: Number },
  { attribute: 'procmond.process.filesystem_group.id', column: 'fgid', shown: Number },
  { attribute: 'process.owner', column: 'euser:64', shown: text },
  { attribute: 'process.real_user.name', column: 'ruser:64', shown: text },
  { attribute: 'process.saved_user.name', column: 'suser:64', shown: text },
  { attribute: 'procmond.process.group.name', column: 'egroup:64', shown: text },
  { attribute: 'procmond.process.login_user.id', column: 'luid', shown: numberOrNone },
  // None is shown where the policy has no use for one.
  { attribute: 'procmond.process.nice', column: 'ni', shown: numberOrNone, silent: true },
  { attribute: 'procmond.process.scheduling.policy', column: 'cls', shown: (shown) => CLASSES[shown] },
  {
    attribute: 'procmond.process.scheduling.realtime_priority',
    column: 'rtprio',
    shown: (shown) => (shown === '-' ? 0 : Number(shown)),
  },
  { attribute: 'procmond.process.memory.virtual', column: 'vsz', told: kibibytes, shown: Number, atRest: true },
  // ps takes it from another file, in which the kernel counts more precisely.
  {
    attribute: 'procmond.process.memory.rss',
    column: 'rss',
    told: kibibytes,
    shown: Number,
    within: 1_024,
    atRest: true,
  },
  { attribute: 'procmond.process.threads', column: 'nlwp', shown: Number, atRest: true },
  { attribute: 'procmond.process.threads', column: 'thcount', shown: Number, atRest: true },
  { attribute: 'procmond.process.paging.faults.major', column: 'maj_flt', shown: Number },
  { attribute: 'procmond.process.paging.faults.minor', column: 'min_flt', shown: Number },
  {
    attribute: 'process.state',
    column: 's',
    shown: (shown) => STATES[shown],
    atRest: true,
  },
  {
    attribute: 'process.creation.time',
    column: 'lstart',
    told: (value) => Date.parse(asText(value)) / 1000,
    shown: (shown) => Date.parse(`${shown} UTC`) / 1000,
    // ps counts from the uptime and the time of day, in whole seconds each.
    within: 2,
  },
  { attribute: 'procmond.namespace.pid', column: 'pidns', shown: numberOrNone, silent: true, ofPrograms: true },
  { attribute: 'procmond.namespace.mnt', column: 'mntns', shown: numberOrNone, silent: true, ofPrograms: true },
  { attribute: 'procmond.namespace.net', column: 'netns', shown: numberOrNone, silent: true, ofPrograms: true },
  { attribute: 'procmond.namespace.user', column: 'userns', shown: numberOrNone, silent: true, ofPrograms: true },
  {
    attribute: 'process.linux.cgroup',
    column: 'cgroup:32768',
    // ps leaves the root of a hierarchy out.
    told: (value) => {
      const lines = asText(value).split('\n');
      return lines.filter((line) => !line.endsWith(':/')).join(',') || '-';
    },
    shown: text,
  },
  { attribute: 'procmond.process.oom.score', column: 'oom', shown: Number, within: 1, atRest: true, ofPrograms: true },
  { attribute: 'procmond.process.disk.io.read', column: 'rbytes', shown: Number, ofPrograms: true },
  { attribute: 'procmond.process.disk.io.write', column: 'wbytes', shown: Number, ofPrograms: true },
  {
    attribute: 'process.executable.path',
    column: 'exe:4096',
    shown: (shown) => orNone(shown)?.replace(/ \(deleted\)$/, ''),
    silent: true,
  },
  // What has ended, and kernel threads, have other texts there.
  {
    attribute: 'procmond.process.comm',
    column: 'comm:64',
    shown: (shown) => shown.replace(/ <defunct>$/, ''),
    atRest: true,
  },
  {
    attribute: 'process.command_args',
    column: 'args:32768',
    told: (value) => (Array.isArray(value) ? value.join(' ') : value),
    shown: (shown) => (/^\[.*\]/.test(shown) ? undefined : shown),
    atRest: true,
  },
  { attribute: 'procmond.systemd.unit', column: 'unit:255', shown: orNone, atRest: true },
  { attribute: 'procmond.systemd.user_unit', column: 'uunit:255', shown: orNone, atRest: true },
  // Whatever is in no other is in the root slice to ps.
  {
    attribute: 'procmond.systemd.slice',
    column: 'slice:255',
    shown: (shown) => (shown === '-.slice' ? undefined : orNone(shown)),
    atRest: true,
  },
];

/** Columns whose text may have spaces in it. */
const SPACED = ['lstart', 'cgroup', 'exe', 'comm', 'args'];

/** Of all columns that this ps knows, what it shows of each process. */
function psColumns(): ReadonlyMap<string, ReadonlyMap<number, string>> {
  const env = { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' };
  const run = (...args: readonly string[]) =>
    spawnSync('ps', args, { encoding: 'utf8', env, maxBuffer: 2 ** 28 }).stdout;
  const known = new Set(
    run('L')
      .split('\n')
      .map((line) => line.split(/\s/)[0]),
  );
  const columns = new Map<string, Map<number, string>>();
  const names = [...new Set(PS.map(({ column }) => column))].filter((column) => known.has(nameOf(column)));
  for (const column of names) columns.set(column, new Map());
  const isSpaced = (column: string) => SPACED.includes(nameOf(column));
  const together = names.filter((column) => !isSpaced(column));
  for (const line of run('-e', '-ww', '-o', ['pid', ...together].map((column) => `${column}=`).join()).split('\n')) {
    const [pid, ...shown] = line.trim().split(/\s+/);
    for (const [index, column] of together.entries()) columns.get(column)?.set(Number(pid), shown[index] ?? '');
  }
  for (const column of names.filter(isSpaced)) {
    const lines = run('-e', '-ww', '-o', `pid:10=,${column}=`).trimEnd().split('\n');
    for (const line of lines) columns.get(column)?.set(Number(line.slice(0, 10)), line.slice(10).trim());
  }
  return columns;
}

/** Without its width. */
function nameOf(column: string): string {
  return column.replace(/:.*/, '');
}

interface FileSource extends Comparison {
  readonly read: (directory: string, pid: number) => unknown;
}

const word = (label: string) => (directory: string) => labelled(`${directory}/status`, label);
const status = (label: string, index: number) => (directory: string) =>
  Number(word(label)(directory).split('\t').at(index));
const inode = (kind: string) => (directory: string) => statSync(`${directory}/ns/${kind}`).ino;
const stat = (field: number) => (_: string, pid: number) => Number(statField(pid, field));
const seconds = (field: number) => (_: string, pid: number) => Number(statField(pid, field)) / 100;
const file = (name: string) => (directory: string) => readFileSync(`${directory}/${name}`, 'utf8');
const io = (label: string) => (directory: string) => Number(labelled(`${directory}/io`, label));
/** What has ended has no such line, and no memory. */
const kibibytesIn = (label: string) => (directory: string) => Number(word(label)(directory).split(' ')[0]) * 1024;
const cmdline = (directory: string) => file('cmdline')(directory).split('\0').slice(0, -1);
const exe = (directory: string) => readlinkSync(`${directory}/exe`);

/** Of the kernel's own files, each read in another way than procmond's, or from another file. */
const FILES: readonly FileSource[] = [
  { attribute: 'process.pid', read: status('Tgid', 0) },
  { attribute: 'process.parent_pid', read: status('PPid', 0) },
  { attribute: 'process.group_leader.pid', read: status('NSpgid', 0) },
  { attribute: 'process.session_leader.pid', read: status('NSsid', 0) },
  { attribute: 'process.vpid', read: status('NSpid', -1) },
  { attribute: 'procmond.process.start_ticks', read: stat(22) },
  { attribute: 'procmond.process.comm', read: (directory) => file('comm')(directory).slice(0, -1) },
  { attribute: 'process.executable.path', read: exe },
  { attribute: 'process.executable.name', read: (directory) => exe(directory).split('/').at(-1) },
  { attribute: 'procmond.executable.exists', read: (directory) => statSync(`${directory}/exe`).nlink > 0 },
  { attribute: 'procmond.executable.deleted', read: (directory) => exe(directory).endsWith(' (deleted)') },
  { attribute: 'procmond.executable.memfd', read: (directory) => exe(directory).startsWith('/memfd:') },
  { attribute: 'procmond.executable.device', read: (directory) => statSync(`${directory}/exe`).dev },
  { attribute: 'procmond.executable.inode', read: (directory) => statSync(`${directory}/exe`).ino },
  { attribute: 'procmond.executable.size', read: (directory) => readFileSync(`${directory}/exe`).length },
  {
    attribute: 'procmond.executable.modified_time',
    read: (directory) => new Date(Math.floor(statSync(`${directory}/exe`).mtimeMs)).toISOString(),
  },
  { attribute: 'process.executable.build_id.htlhash', read: (directory) => htlHash(readFileSync(`${directory}/exe`)) },
  { attribute: 'process.command', read: (directory) => cmdline(directory)[0] },
  { attribute: 'process.command_args', read: cmdline },
  { attribute: 'process.args_count', read: (directory) => cmdline(directory).length },
  { attribute: 'process.working_directory', read: (directory) => readlinkSync(`${directory}/cwd`) },
  { attribute: 'process.real_user.id', read: status('Uid', 0) },
  { attribute: 'process.user.id', read: status('Uid', 1) },
  { attribute: 'process.saved_user.id', read: status('Uid', 2) },
  { attribute: 'procmond.process.filesystem_user.id', read: status('Uid', 3) },
  { attribute: 'procmond.process.real_group.id', read: status('Gid', 0) },
  { attribute: 'procmond.process.group.id', read: status('Gid', 1) },
  { attribute: 'procmond.process.saved_group.id', read: status('Gid', 2) },
  { attribute: 'procmond.process.filesystem_group.id', read: status('Gid', 3) },
  {
    attribute: 'procmond.process.login_user.id',
    read: (directory) => {
      const id = Number(file('loginuid')(directory));
      return id === 4_294_967_295 ? undefined : id;
    },
  },
  { attribute: 'procmond.process.capabilities.effective', read: word('CapEff') },
  { attribute: 'procmond.process.no_new_privileges', read: (directory) => word('NoNewPrivs')(directory) === '1' },
  { attribute: 'procmond.process.seccomp_mode', read: status('Seccomp', 0) },
  { attribute: 'procmond.namespace.pid', read: inode('pid') },
  { attribute: 'procmond.namespace.mnt', read: inode('mnt') },
  { attribute: 'procmond.namespace.net', read: inode('net') },
  { attribute: 'procmond.namespace.user', read: inode('user') },
  { attribute: 'process.linux.cgroup', read: (directory) => file('cgroup')(directory).trimEnd() },
  { attribute: 'process.state', read: (_, pid) => STATES[statField(pid, 3)] },
  { attribute: 'procmond.process.threads', read: (directory) => readdirSync(`${directory}/task`).length },
  { attribute: 'procmond.process.nice', read: (_, pid) => getPriority(pid) },
  { attribute: 'procmond.process.cpu.time.user', read: seconds(14), within: 0.01 },
  { attribute: 'procmond.process.cpu.time.system', read: seconds(15), within: 0.01 },
  { attribute: 'procmond.process.memory.virtual', read: kibibytesIn('VmSize') },
  { attribute: 'procmond.process.memory.rss', read: kibibytesIn('VmRSS'), within: 2 ** 20 },
  { attribute: 'procmond.process.memory.swap', read: kibibytesIn('VmSwap') },
  { attribute: 'procmond.process.paging.faults.minor', read: stat(10) },
  { attribute: 'procmond.process.paging.faults.major', read: stat(12) },
  { attribute: 'procmond.process.disk.io.read', read: io('read_bytes') },
  { attribute: 'procmond.process.disk.io.write', read: io('write_bytes') },
  { attribute: 'procmond.process.context_switches.voluntary', read: status('voluntary_ctxt_switches', 0) },
  { attribute: 'procmond.process.context_switches.involuntary', read: status('nonvoluntary_ctxt_switches', 0) },
  { attribute: 'procmond.process.file_descriptors', read: (directory) => readdirSync(`${directory}/fd`).length },
  { attribute: 'procmond.process.oom.score', read: (directory) => Number(file('oom_score')(directory)), within: 1 },
];

/** Of neither, for a reason. */
const NOT_COMPARED: Readonly<Record<string, string>> = {
  'procmond.process.cpid': 'cpid.test.ts has the values of another implementation',
  'procmond.process.parent_cpid': 'as the CPID',
  'procmond.process.creation.resolution': 'a constant',
  'procmond.executable.hash.sha256': 'the hasher has tests of its own',
  'procmond.executable.replaced': 'executable-files.test.ts exchanges one',
  'procmond.executable.world_writable': 'executable-files.test.ts tries the modes',
  'procmond.process.args_truncated': 'no other program cuts at that length',
  'process.command_line': 'there is none on Linux',
  'process.title': 'live-changes.test.ts rewrites one',
  'procmond.process.login_user.name': 'of the same id and file as process.owner',
  'container.id': 'no container runs here',
  'procmond.container.runtime': 'no container runs here',
  'k8s.pod.uid': 'no pod runs here',
  'procmond.process.state_code': 'of the same letter as process.state',
  'procmond.process.kernel_thread': 'linux-enumerator-live.test.ts compares it',
  'procmond.process.cpu.utilization': 'of two readings, which no other program makes at the same moments',
  'procmond.process.enriched': 'of procmond itself',
  'procmond.process.refreshed_time': 'of procmond itself',
  'procmond.process.accessible': 'of procmond itself',
  'procmond.process.denied_fields': 'of procmond itself',
  'procmond.escaped_fields': 'of procmond itself',
  'procmond.truncated_fields': 'of procmond itself',
};

/** As the semantic conventions define it, from all of the content. */
function htlHash(content: Buffer): string {
  const length = Buffer.alloc(8);
  length.writeBigUInt64BE(BigInt(content.length));
  const tail = content.subarray(Math.max(0, content.length - 4_096));
  const hash = createHash('sha256').update(content.subarray(0, 4_096)).update(tail).update(length);
  return hash.digest('hex').slice(0, 32);
}

const asIs = (value: Value): unknown => value;
const same = (a: unknown, b: unknown, within = 0) =>
  within > 0 ? Math.abs(Number(a) - Number(b)) <= within : JSON.stringify(a) === JSON.stringify(b);

test('every attribute is held against ps or against a file of the kernel', () => {
  const compared = new Set([...PS, ...FILES].map(({ attribute }) => attribute));
  const attributes = PROCESS_FIELDS.map(({ attribute }) => attribute);
  assert.deepEqual(
    attributes.filter((attribute) => compared.has(attribute) === attribute in NOT_COMPARED),
    [],
  );
  assert.deepEqual(
    [...compared, ...Object.keys(NOT_COMPARED)].filter((attribute) => !attributes.includes(attribute)),
    [],
  );
});

test('processes of every kind are told as ps and the kernel tell them', { skip: lacking({}) }, async (t) => {
  const { pids, missing } = await startCast(t);
  for (const what of missing) t.diagnostic(`not started: ${what}`);
  assert.ok(pids.size >= 3);
  const enumeration = await readTwice(enumerator());
  const columns = programPath('ps') === undefined ? new Map<string, never>() : psColumns();

  for (const [what, pid] of pids) {
    await t.test(what, () => {
      const attributes = attributesOf(find(enumeration, pid), enumeration);
      const ended = attributes.get('process.state') === 'defunct';
      assert.equal(attributes.get('procmond.process.denied_fields'), undefined);
      for (const { attribute, told = asIs, read: fromFile, within } of FILES) {
        // Only what is left of a process that has ended.
        if (ended && !attributes.has(attribute)) continue;
        const [ours, theirs] = [told(attributes.get(attribute)), fromFile(`/proc/${pid}`, pid)];
        assert.ok(same(ours, theirs, within), `${attribute}: procmond ${String(ours)}, the file ${String(theirs)}`);
      }
      for (const one of PS) {
        const shown = columns.get(one.column)?.get(pid);
        if (shown !== undefined) assertAsShown(attributes, one, shown);
      }
    });
  }
});

/** What is costly is read when a process is looked at again. */
async function readTwice(read: Read): Promise<Enumeration> {
  await read({ countFileDescriptors: true });
  return read({ countFileDescriptors: true });
}

function assertAsShown(attributes: Attributes, one: PsColumn, shown: string): void {
  if (one.ofPrograms && !isProgram(attributes)) return;
  const { attribute, column, within } = one;
  const value = attributes.get(attribute);
  // ps shows 0 for much of what is denied.
  if (value === undefined && [attributes.get('procmond.process.denied_fields')].flat().includes(attribute)) return;
  const theirs = one.shown(shown);
  if (theirs === undefined && (value === undefined || one.silent)) return;
  const ours = one.told === undefined ? value : one.told(value);
  const whose = Number(attributes.get('process.pid'));
  assert.ok(
    same(ours, theirs, within),
    `${attribute} of ${whose}: procmond ${String(ours)}, ps -o ${column} "${shown}"`,
  );
}

function isProgram(attributes: Attributes): boolean {
  return attributes.get('procmond.process.kernel_thread') === false && attributes.get('process.state') !== 'defunct';
}

test('all processes of this host that stand still are told as ps tells them', {
  skip: lacking({ programs: ['ps'] }),
}, async (t) => {
  const readAnew = () => readTwice(enumerator());
  const before = tableOf(await readAnew());
  const columns = psColumns();
  if (columns.size === 0) return t.skip('this ps is not that of procps');
  const after = tableOf(await readAnew());

  let compared = 0;
  for (const [identity, attributes] of before) {
    const later = after.get(identity);
    const pid = Number(attributes.get('process.pid'));
    for (const one of PS) {
      const shown = columns.get(one.column)?.get(pid);
      if (later === undefined || shown === undefined || one.atRest) continue;
      if (!same(attributes.get(one.attribute), later.get(one.attribute))) continue;
      compared += 1;
      assertAsShown(later, one, shown);
    }
  }
  assert.ok(compared > 100, `only ${compared} values stood still`);
  const pids = columns.get('ppid') ?? new Map<number, string>();
  const throughout = [...before.keys()].filter((identity) => after.has(identity));
  const missing = throughout.filter((identity) => !pids.has(Number(identity.split(' ')[0])));
  assert.deepEqual(missing, [], 'ps has them all');
});

/** By pid and start: the same key is the same life. */
function tableOf(enumeration: Enumeration): ReadonlyMap<string, Attributes> {
  return new Map(
    enumeration.processes.map((process) => [
      `${process.pid} ${process.startTicks}`,
      attributesOf(process, enumeration),
    ]),
  );
}
