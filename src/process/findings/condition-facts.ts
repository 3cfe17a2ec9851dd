import type { ProcessEvent, ProcessMetadata } from '../../event/process-event.ts';

/** What a condition knows of: the names are those of the language, the values those of an event, already redacted. */
export interface ConditionFacts {
  readonly process: Facts;
  readonly parent: Facts;
  readonly previous: Facts;
  /** New in this cycle, the first of a run or of a boot included. */
  readonly started: boolean;
}

export type FactValue = string | bigint | boolean | readonly string[];

/**
 * The facts of one process, or a group of them (`user` of `user.id`), as properties that are made when they are asked
 * for: a condition asks for few of them. Whole numbers are bigint, as CEL has them.
 */
export class Facts {
  readonly #process: ProcessEvent | undefined;

  /** undefined stands for a process that is not known. */
  constructor(process: ProcessEvent | undefined) {
    this.#process = process;
  }

  // Static, since the names of properties are those of fields.
  static value(facts: Facts, { type, read }: ConditionField): FactValue {
    const process = facts.#process;
    const value = process === undefined ? undefined : read(process, process.platformMetadata ?? {});
    if (value === undefined) return NOTHING[type];
    return typeof value === 'number' ? BigInt(Math.trunc(value)) : value;
  }

  static group(facts: Facts, Group: FactsClass): Facts {
    return new Group(facts.#process);
  }
}

export type FactsClass = new (process: ProcessEvent | undefined) => Facts;

/** A kind of facts as the language has to know it: its fields by the names of their types. */
export interface FactsType {
  readonly name: string;
  readonly ctor: FactsClass;
  readonly fields: Readonly<Record<string, string>>;
}

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

const NOTHING: Readonly<Record<ConditionField['type'], FactValue>> = {
  string: '',
  int: -1n,
  bool: false,
  'list<string>': [],
};

/** The type of `process`, `parent` and `previous`. */
export const PROCESS_FACTS_TYPE = 'Process';

/** Groups first, as the last one is made of them. */
export const FACTS_TYPES: readonly FactsType[] = makeTypes();

const ProcessFacts = (FACTS_TYPES.at(-1) as FactsType).ctor;

/** A process in the words of a condition; undefined gives what stands for one that is not known. */
export function processFacts(process: ProcessEvent | undefined): Facts {
  return new ProcessFacts(process);
}

function makeTypes(): readonly FactsType[] {
  const grouped = Map.groupBy(CONDITION_FIELDS, ({ name }) =>
    name.includes('.') ? name.slice(0, name.indexOf('.')) : '',
  );
  const groups = [...grouped]
    .filter(([group]) => group !== '')
    .map(([group, fields]) => ({ group, type: makeType(`${PROCESS_FACTS_TYPE}_${group}`, fields) }));
  const whole = makeType(PROCESS_FACTS_TYPE, grouped.get('') ?? []);
  const fields: Record<string, string> = { ...whole.fields };
  for (const { group, type } of groups) {
    fields[group] = type.name;
    Object.defineProperty(whole.ctor.prototype, group, {
      get(this: Facts) {
        return Facts.group(this, type.ctor);
      },
    });
  }
  return [...groups.map(({ type }) => type), { ...whole, fields }];
}

function makeType(name: string, conditionFields: readonly ConditionField[]): FactsType {
  const ctor = class extends Facts {};
  const fields: Record<string, string> = {};
  for (const conditionField of conditionFields) {
    const property = conditionField.name.slice(conditionField.name.indexOf('.') + 1);
    fields[property] = conditionField.type;
    Object.defineProperty(ctor.prototype, property, {
      get(this: Facts) {
        return Facts.value(this, conditionField);
      },
    });
  }
  return { name, ctor, fields };
}

function field(
  name: string,
  type: ConditionField['type'],
  meaning: string,
  read: ConditionField['read'],
): ConditionField {
  return { name, type, meaning, read };
}
