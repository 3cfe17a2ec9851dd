import type { ProcessEvent, ProcessMetadata } from '../../event/process-event.ts';

/** What a condition knows of: the names are those of the language, the values those of an event, already redacted. */
export interface ConditionFacts {
  readonly process: ProcessFacts;
  readonly parent: ProcessFacts;
  readonly previous: ProcessFacts;
  /** New in this cycle, the first of a run or of a boot included. */
  readonly started: boolean;
}

/** Nested by the dots of the fields' names; whole numbers are bigint, as CEL has them. */
export interface ProcessFacts {
  readonly [name: string]: FactValue | ProcessFacts;
}

export type FactValue = string | bigint | boolean | readonly string[];

export interface ConditionField {
  /** `user.id` is `process.user.id`, `parent.user.id` and `previous.user.id`. */
  readonly name: string;
  readonly type: 'string' | 'int' | 'bool' | 'list<string>';
  readonly meaning: string;
  readonly read: (
    process: ProcessEvent,
    metadata: ProcessMetadata,
  ) => string | number | boolean | readonly string[] | undefined;
}

/** What is not known is '', -1, false or []. */
export const CONDITION_FIELDS: readonly ConditionField[] = [
  field(
    'known',
    'bool',
    'false where there is no such process: no parent in sight, nothing known of it before',
    () => true,
  ),
  field('pid', 'int', 'pid', (p) => p.pid),
  field('parent_pid', 'int', 'pid of the parent', (p) => p.ppid),
  field('name', 'string', "the kernel's name, at most 15 bytes", (p) => p.name),
  field('command', 'string', 'first argument', (p) => p.commandLine[0]),
  field('args', 'list<string>', 'arguments, the first included', (p) => p.commandLine),
  field('command_line', 'string', 'arguments with a space between them', (p) => p.commandLine.join(' ')),
  field('args_count', 'int', 'number of arguments, also where they were cut', (_, m) => m.argsCount),
  field('title', 'string', 'what the program wrote over its arguments', (_, m) => m.title),
  field('working_directory', 'string', 'working directory', (_, m) => m.workingDirectory),
  field('executable.path', 'string', 'path of the executable', (p) => p.executablePath),
  field('executable.name', 'string', 'last part of that path', (p) =>
    p.executablePath?.slice(p.executablePath.lastIndexOf('/') + 1),
  ),
  field('executable.deleted', 'bool', 'its path no longer leads to the file', (_, m) => m.executableDeleted),
  field('executable.replaced', 'bool', 'its path leads to another file now', (_, m) => m.executableReplaced),
  field('executable.memfd', 'bool', 'it never had a path', (_, m) => m.executableMemfd),
  field('executable.world_writable', 'bool', 'anyone may write to it or above it', (_, m) => m.executableWorldWritable),
  field('executable.size', 'int', 'bytes', (_, m) => m.executableBytes),
  field('executable.hash', 'string', 'SHA-256, lower-case hex, once it is known', (p) => p.executableHash),
  field('user.id', 'int', 'effective user', (p) => p.userId),
  field('user.name', 'string', 'its name', (_, m) => m.userName),
  field('real_user.id', 'int', 'real user', (_, m) => m.realUserId),
  field('saved_user.id', 'int', 'saved user', (_, m) => m.savedUserId),
  field('login_user.id', 'int', 'who logged in', (_, m) => m.loginUserId),
  field('login_user.name', 'string', 'the name', (_, m) => m.loginUserName),
  field('group.id', 'int', 'effective group', (_, m) => m.groupId),
  field('group.name', 'string', 'its name', (_, m) => m.groupName),
  field('capabilities', 'string', 'effective capabilities, 16 hex digits', (_, m) => m.effectiveCapabilities),
  field('no_new_privileges', 'bool', 'no_new_privs is set', (_, m) => m.noNewPrivileges),
  field('seccomp_mode', 'int', '0 off, 1 strict, 2 filter', (_, m) => m.seccompMode),
  field('session_leader.pid', 'int', 'session', (_, m) => m.sessionId),
  field('interactive', 'bool', 'it has a controlling terminal', (_, m) => m.interactive),
  field('terminal', 'string', 'which one: `pts/3`', (_, m) => m.terminal),
  field('kernel_thread', 'bool', 'a thread of the kernel', (_, m) => m.kernelThread),
  field('vpid', 'int', 'pid in its own pid namespace', (_, m) => m.virtualPid),
  field('namespace.pid', 'int', 'inode of the pid namespace', (_, m) => m.pidNamespace),
  field('namespace.mnt', 'int', 'of the mount namespace', (_, m) => m.mountNamespace),
  field('namespace.net', 'int', 'of the network namespace', (_, m) => m.networkNamespace),
  field('namespace.user', 'int', 'of the user namespace', (_, m) => m.userNamespace),
  field('cgroup', 'string', 'control group', (_, m) => m.cgroup),
  field('container.id', 'string', 'container', (_, m) => m.containerId),
  field('container.runtime', 'string', 'its runtime', (_, m) => m.containerRuntime),
  field('pod.uid', 'string', 'Kubernetes pod', (_, m) => m.podUid),
  field('systemd.unit', 'string', 'unit of the system', (_, m) => m.systemdUnit),
  field('systemd.user_unit', 'string', 'unit of a user manager', (_, m) => m.systemdUserUnit),
  field('systemd.slice', 'string', 'slice', (_, m) => m.systemdSlice),
  field('accessible', 'bool', 'the system denied nothing of it', (p) => p.accessible),
];

/** A process in the words of a condition; undefined gives what stands for one that is not known. */
export function processFacts(process: ProcessEvent | undefined): ProcessFacts {
  if (process === undefined) return UNKNOWN;
  const metadata = process.platformMetadata ?? {};
  const facts: Group = {};
  for (const [index, { type, read }] of CONDITION_FIELDS.entries()) {
    const value = read(process, metadata);
    const [group, name] = PLACES[index] as Place;
    const into = group === undefined ? facts : ((facts[group] ??= {}) as Group);
    into[name] = value === undefined ? NOTHING[type] : typeof value === 'number' ? BigInt(Math.trunc(value)) : value;
  }
  return facts;
}

interface Group {
  [name: string]: FactValue | Group;
}

type Place = readonly [group: string | undefined, name: string];

const NOTHING: Readonly<Record<ConditionField['type'], FactValue>> = {
  string: '',
  int: -1n,
  bool: false,
  'list<string>': [],
};

const PLACES: readonly Place[] = CONDITION_FIELDS.map(({ name }) => {
  const dot = name.indexOf('.');
  return dot === -1 ? [undefined, name] : [name.slice(0, dot), name.slice(dot + 1)];
});

const UNKNOWN = unknownProcess();

function unknownProcess(): ProcessFacts {
  const facts: Group = {};
  for (const [index, { type }] of CONDITION_FIELDS.entries()) {
    const [group, name] = PLACES[index] as Place;
    const into = group === undefined ? facts : ((facts[group] ??= {}) as Group);
    into[name] = NOTHING[type];
  }
  return facts;
}

function field(
  name: string,
  type: ConditionField['type'],
  meaning: string,
  read: ConditionField['read'],
): ConditionField {
  return { name, type, meaning, read };
}
