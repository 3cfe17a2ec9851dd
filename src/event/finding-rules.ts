import type { FindingRule } from './collection-event.ts';

/** One of procmond's own rules, as people see it. What it looks at is in process/findings/. */
export interface BuiltInRule extends FindingRule {
  readonly id: BuiltInRuleId;
  /** It would tell more noise than news on most hosts: only where the configuration asks for it. */
  readonly offByDefault?: true;
}

export type BuiltInRuleId =
  | 'deleted-executable'
  | 'memfd-executable'
  | 'world-writable-executable'
  | 'kernel-thread-masquerade'
  | 'name-mismatch'
  | 'executable-hash-changed'
  | 'gained-root'
  | 'future-start'
  | 'suspicious-child'
  | 'expected-process-missing'
  | 'expected-process-flapping';

/** The ids are contract: alerts and exceptions in other systems go by them. */
export const BUILT_IN_RULES: readonly BuiltInRule[] = [
  {
    id: 'deleted-executable',
    title: 'Executable removed while it runs',
    description:
      'The file a process runs has been removed, and nothing has its path now. An upgrade, which puts another file there, is none.',
    category: 'defense-evasion',
    severity: 'medium',
    techniques: ['T1070.004'],
  },
  {
    id: 'memfd-executable',
    title: 'Executable that was never on disk',
    description: 'A process runs from memory that has no path (memfd_create). Container runtimes do so for a moment.',
    category: 'defense-evasion',
    severity: 'high',
    techniques: ['T1620'],
  },
  {
    id: 'world-writable-executable',
    title: 'Executable where anyone may write',
    description: 'A process runs a file that anyone may write to, or that lies below a directory such as /tmp.',
    category: 'execution',
    severity: 'medium',
    techniques: ['T1574'],
  },
  {
    id: 'kernel-thread-masquerade',
    title: 'Process in the guise of a kernel thread',
    description: 'A process is called as only kernel threads are, `[kworker/0:1]` for one, and is none.',
    category: 'defense-evasion',
    severity: 'high',
    techniques: ['T1036.004', 'T1036.011'],
  },
  {
    id: 'name-mismatch',
    title: 'Name that is not that of the executable',
    description:
      'The name of a process or its first argument has nothing to do with the file it runs. Interpreters, multi-call programs, login shells and titles are none.',
    category: 'defense-evasion',
    severity: 'low',
    techniques: ['T1036.005'],
    offByDefault: true,
  },
  {
    id: 'executable-hash-changed',
    title: 'Executable with another content',
    description:
      'A process runs a file of the same path as before whose content is another one. It takes `--compute-hashes`.',
    category: 'persistence',
    severity: 'medium',
    techniques: ['T1554'],
  },
  {
    id: 'gained-root',
    title: 'Root gained without a program that grants it',
    description:
      'The effective user became root in the middle of a program: no exec, and root was neither its real nor its saved user.',
    category: 'privilege-escalation',
    severity: 'critical',
    techniques: ['T1068', 'T1548'],
  },
  {
    id: 'future-start',
    title: 'Start time in the future',
    description: 'The kernel says that a process was created later than now. A stepped clock does not make it say so.',
    category: 'integrity',
    severity: 'medium',
    techniques: [],
  },
  {
    id: 'suspicious-child',
    title: 'Child that its parent has no use for',
    description:
      'A web server, a runtime behind one, or a database started a shell or a relay of connections; the pairs can be configured.',
    category: 'execution',
    severity: 'medium',
    techniques: ['T1505.003', 'T1059.004'],
  },
  {
    id: 'expected-process-missing',
    title: 'Expected process missing',
    description:
      'Fewer processes than configured match an entry of `expected-processes`. Told once, until it is up again.',
    category: 'availability',
    severity: 'high',
    techniques: ['T1489'],
  },
  {
    id: 'expected-process-flapping',
    title: 'Expected process starts again and again',
    description: 'What an entry of `expected-processes` matches was started again more often than configured.',
    category: 'availability',
    severity: 'medium',
    techniques: [],
  },
];

export function builtInRule(id: BuiltInRuleId): BuiltInRule {
  const found = BUILT_IN_RULES.find((rule) => rule.id === id);
  if (found === undefined) throw new Error(`there is no rule ${id}`);
  return found;
}

/** Every rule that may be switched off or on by its id. */
export const BUILT_IN_RULE_IDS: readonly string[] = BUILT_IN_RULES.map(({ id }) => id);
