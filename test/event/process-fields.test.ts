import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { ProcessEvent, ProcessMetadata } from '../../src/event/process-event.ts';
import { PROCESS_FIELDS, semanticState } from '../../src/event/process-fields.ts';

/** Every field there is, each with a value of its own. */
const METADATA: Required<ProcessMetadata> = {
  cpid: 'cpid',
  parentCpid: 'parent cpid',
  startTicks: 1,
  startTickSeconds: 1.5,
  enriched: false,
  kernelThread: true,
  stateCode: 'D',
  executableDeleted: true,
  executableReplaced: true,
  executableWorldWritable: true,
  executableMemfd: true,
  executableDevice: 2,
  executableInode: 3,
  executableBytes: 30,
  executableModifiedMillis: Date.UTC(2026, 9, 1),
  executableHtlhash: 'htlhash',
  argsCount: 4,
  argsTruncated: true,
  commandLineText: 'first second',
  title: 'title',
  workingDirectory: '/cwd',
  userName: 'user',
  realUserId: 5,
  realUserName: 'real user',
  savedUserId: 6,
  savedUserName: 'saved user',
  filesystemUserId: 7,
  groupId: 8,
  groupName: 'group',
  realGroupId: 9,
  savedGroupId: 10,
  filesystemGroupId: 11,
  loginUserId: 12,
  loginUserName: 'login user',
  effectiveCapabilities: 'capabilities',
  noNewPrivileges: true,
  seccompMode: 13,
  processGroupId: 14,
  sessionId: 15,
  interactive: true,
  terminal: 'pts/3',
  virtualPid: 16,
  pidNamespace: 17,
  mountNamespace: 18,
  networkNamespace: 19,
  userNamespace: 20,
  cgroup: 'cgroup',
  containerId: 'container',
  containerRuntime: 'runtime',
  podUid: 'pod',
  systemdUnit: 'unit',
  systemdUserUnit: 'user unit',
  systemdSlice: 'slice',
  threads: 21,
  virtualMemoryBytes: 22,
  swapBytes: 221,
  userCpuSeconds: 23,
  systemCpuSeconds: 24,
  nice: 25,
  schedulingPolicy: 'fifo',
  realtimePriority: 26,
  minorFaults: 27,
  majorFaults: 28,
  readBytes: 29,
  writtenBytes: 31,
  voluntarySwitches: 32,
  involuntarySwitches: 33,
  openFiles: 34,
  oomScore: 35,
  refreshedAt: Date.UTC(2026, 10, 23),
  deniedFields: ['denied'],
  escapedFields: ['escaped'],
  truncatedFields: ['truncated'],
};

const PROCESS: Required<ProcessEvent> = {
  pid: 100,
  ppid: 101,
  name: 'name',
  executablePath: '/usr/bin/program',
  commandLine: ['first', 'second'],
  startTime: Date.UTC(2026, 10, 23, 1, 2, 3, 40),
  cpuUsage: 250,
  memoryUsage: 102,
  executableHash: 'hash',
  hashAlgorithm: 'sha256',
  userId: 103,
  accessible: false,
  fileExists: false,
  timestamp: 104,
  platformMetadata: METADATA,
};

function attributesOf(process: ProcessEvent): Record<string, unknown> {
  const read = PROCESS_FIELDS.map((field) => [field.attribute, field.read(process, process.platformMetadata ?? {})]);
  return Object.fromEntries(read.filter(([, value]) => value !== undefined));
}

suite('the field table', () => {
  test('tells every field of a process under its standard name', () => {
    assert.deepEqual(attributesOf(PROCESS), {
      'process.pid': 100,
      'process.creation.time': '2026-11-23T01:02:03.040Z',
      'procmond.process.cpid': 'cpid',
      'procmond.process.start_ticks': 1,
      'procmond.process.creation.resolution': 1.5,
      'process.parent_pid': 101,
      'procmond.process.parent_cpid': 'parent cpid',
      'procmond.process.comm': 'name',
      'process.executable.path': '/usr/bin/program',
      'process.executable.name': 'program',
      'procmond.executable.exists': false,
      'procmond.executable.deleted': true,
      'procmond.executable.replaced': true,
      'procmond.executable.world_writable': true,
      'procmond.executable.memfd': true,
      'procmond.executable.device': 2,
      'procmond.executable.inode': 3,
      'procmond.executable.size': 30,
      'procmond.executable.modified_time': '2026-10-01T00:00:00.000Z',
      'process.executable.build_id.htlhash': 'htlhash',
      'procmond.executable.hash.sha256': 'hash',
      'process.command': 'first',
      'process.command_args': ['first', 'second'],
      'process.args_count': 4,
      'procmond.process.args_truncated': true,
      'process.command_line': 'first second',
      'process.title': 'title',
      'process.working_directory': '/cwd',
      'process.user.id': 103,
      'process.owner': 'user',
      'process.real_user.id': 5,
      'process.real_user.name': 'real user',
      'process.saved_user.id': 6,
      'process.saved_user.name': 'saved user',
      'procmond.process.filesystem_user.id': 7,
      'procmond.process.group.id': 8,
      'procmond.process.group.name': 'group',
      'procmond.process.real_group.id': 9,
      'procmond.process.saved_group.id': 10,
      'procmond.process.filesystem_group.id': 11,
      'procmond.process.login_user.id': 12,
      'procmond.process.login_user.name': 'login user',
      'procmond.process.capabilities.effective': 'capabilities',
      'procmond.process.no_new_privileges': true,
      'procmond.process.seccomp_mode': 13,
      'process.group_leader.pid': 14,
      'process.session_leader.pid': 15,
      'process.interactive': true,
      'procmond.process.terminal': 'pts/3',
      'process.vpid': 16,
      'procmond.namespace.pid': 17,
      'procmond.namespace.mnt': 18,
      'procmond.namespace.net': 19,
      'procmond.namespace.user': 20,
      'process.linux.cgroup': 'cgroup',
      'container.id': 'container',
      'procmond.container.runtime': 'runtime',
      'k8s.pod.uid': 'pod',
      'procmond.systemd.unit': 'unit',
      'procmond.systemd.user_unit': 'user unit',
      'procmond.systemd.slice': 'slice',
      'process.state': 'sleeping',
      'procmond.process.state_code': 'D',
      'procmond.process.kernel_thread': true,
      'procmond.process.threads': 21,
      'procmond.process.nice': 25,
      'procmond.process.scheduling.policy': 'fifo',
      'procmond.process.scheduling.realtime_priority': 26,
      'procmond.process.cpu.utilization': 2.5,
      'procmond.process.cpu.time.user': 23,
      'procmond.process.cpu.time.system': 24,
      'procmond.process.memory.rss': 102,
      'procmond.process.memory.virtual': 22,
      'procmond.process.memory.swap': 221,
      'procmond.process.paging.faults.minor': 27,
      'procmond.process.paging.faults.major': 28,
      'procmond.process.disk.io.read': 29,
      'procmond.process.disk.io.write': 31,
      'procmond.process.context_switches.voluntary': 32,
      'procmond.process.context_switches.involuntary': 33,
      'procmond.process.file_descriptors': 34,
      'procmond.process.oom.score': 35,
      'procmond.process.enriched': false,
      'procmond.process.refreshed_time': '2026-11-23T00:00:00.000Z',
      'procmond.process.accessible': false,
      'procmond.process.denied_fields': ['denied'],
      'procmond.escaped_fields': ['escaped'],
      'procmond.truncated_fields': ['truncated'],
    });
  });

  for (const [path, name] of [
    ['/usr/bin/program', 'program'],
    ['/opt/a\\b', 'a\\b'],
    ['C:\\Windows\\System32\\svchost.exe', 'svchost.exe'],
    ['\\\\server\\share\\tool.exe', 'tool.exe'],
    ['/memfd:x', 'memfd:x'],
  ] as const) {
    test(`names the executable of ${path} ${name}`, () => {
      assert.equal(attributesOf({ ...PROCESS, executablePath: path })['process.executable.name'], name);
    });
  }

  test('tells nothing of what is absent', () => {
    const bare: ProcessEvent = { pid: 1, ppid: 0, name: '', commandLine: [], accessible: true, timestamp: 0 };
    assert.deepEqual(attributesOf(bare), {
      'process.pid': 1,
      'process.parent_pid': 0,
      'procmond.process.comm': '',
      'procmond.process.accessible': true,
    });
  });

  test('gives each attribute the type it declares', () => {
    for (const field of PROCESS_FIELDS) {
      const value = field.read(PROCESS, METADATA);
      const type = Array.isArray(value) ? 'string[]' : typeof value;
      const declared = field.type === 'int' || field.type === 'double' ? 'number' : field.type;
      assert.equal(type, declared, field.attribute);
      if (field.type === 'int') assert.ok(Number.isInteger(value), field.attribute);
    }
  });

  test('names each attribute once, in a namespace that is procmond’s or a standard’s', () => {
    const names = PROCESS_FIELDS.map(({ attribute }) => attribute);
    assert.equal(new Set(names).size, names.length);
    for (const name of names) assert.match(name, /^(process|procmond|container|k8s)(\.[a-z][a-z0-9]*(_[a-z0-9]+)*)+$/);
  });

  test('leaves room for the rest of a record', () => assert.ok(PROCESS_FIELDS.length <= 90));

  test('watches no counter, no state, no time and no name of an id', () => {
    const watched = PROCESS_FIELDS.filter((field) => field.watched).map(({ attribute }) => attribute);
    assert.deepEqual(watched, [
      'process.parent_pid',
      'procmond.process.comm',
      'process.executable.path',
      'procmond.executable.deleted',
      'procmond.executable.device',
      'procmond.executable.inode',
      'procmond.executable.hash.sha256',
      'process.command_args',
      'process.user.id',
      'process.real_user.id',
      'process.saved_user.id',
      'procmond.process.filesystem_user.id',
      'procmond.process.group.id',
      'procmond.process.real_group.id',
      'procmond.process.saved_group.id',
      'procmond.process.filesystem_group.id',
      'procmond.process.capabilities.effective',
      'procmond.process.no_new_privileges',
      'procmond.process.seccomp_mode',
      'process.session_leader.pid',
      'procmond.namespace.pid',
      'procmond.namespace.mnt',
      'procmond.namespace.net',
      'procmond.namespace.user',
      'process.linux.cgroup',
      'container.id',
    ]);
  });

  test('knows which of its texts redaction may alter', () => {
    const redacted = PROCESS_FIELDS.filter((field) => field.redacted).map(({ attribute }) => attribute);
    assert.deepEqual(redacted, [
      'procmond.process.comm',
      'process.executable.path',
      'process.executable.name',
      'process.command',
      'process.command_args',
      'process.command_line',
      'process.title',
      'process.working_directory',
      'process.linux.cgroup',
    ]);
  });
});

suite('the state of a process', () => {
  for (const [code, state] of [
    ['R', 'running'],
    ['S', 'sleeping'],
    ['D', 'sleeping'],
    ['I', 'sleeping'],
    ['T', 'stopped'],
    ['t', 'stopped'],
    ['Z', 'defunct'],
    ['X', 'defunct'],
    ['x', 'defunct'],
    ['P', 'sleeping'],
    [undefined, undefined],
  ] as const) {
    test(`is ${state} for ${code}`, () => assert.equal(semanticState(code), state));
  }
});
