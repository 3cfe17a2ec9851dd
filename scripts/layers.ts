/**
 * Who may import whom: a folder of `src/` (or a file at its top) and the folders it may know besides itself. Imports
 * point down this list; `test/architecture.test.ts` holds the tree to it.
 */
export interface Layer {
  readonly name: string;
  readonly purpose: string;
  readonly imports: readonly string[];
}

export const LAYERS: readonly Layer[] = [
  {
    name: 'main.ts',
    purpose: 'the program: argv and environment in, exit code out; nobody else reads them or ends the process',
    imports: ['agent.ts', 'cli', 'config', 'process', 'store', 'service', 'privilege', 'base'],
  },
  { name: 'index.ts', purpose: 'the library surface, nothing else', imports: ['*'] },
  {
    name: 'agent.ts',
    purpose: 'composition root of the daemon: builds the parts in the order the data flows, starts and stops them',
    imports: [
      'agent-control.ts',
      'cli',
      'control',
      'config',
      'metrics',
      'process',
      'hasher',
      'collector',
      'otlp',
      'store',
      'service',
      'budget',
      'event',
      'base',
    ],
  },
  {
    name: 'agent-control.ts',
    purpose: 'the daemon as the control socket sees it',
    imports: ['control', 'config', 'metrics', 'process', 'collector', 'store', 'privilege', 'event', 'base'],
  },
  {
    name: 'cli',
    purpose: 'one command per file, and what they print with',
    imports: [
      'control',
      'config',
      'metrics',
      'process',
      'otlp',
      'store',
      'budget',
      'listing',
      'privilege',
      'event',
      'base',
    ],
  },
  {
    name: 'control',
    purpose: 'the control socket: protocol, server and client',
    imports: ['listing', 'event', 'base'],
  },
  {
    name: 'config',
    purpose: 'the option table; flags, environment and file against it; the sections of the file',
    imports: ['listing', 'event', 'base'],
  },
  { name: 'metrics', purpose: 'the metric table, prom-client, health, the HTTP listener', imports: ['topics', 'base'] },
  {
    name: 'process',
    purpose: 'the process-monitor source: enumerate, redact, compare with the snapshot, say what follows',
    imports: ['collector', 'hasher', 'privilege', 'event', 'base'],
  },
  {
    name: 'hasher',
    purpose:
      'hashes of files, read on threads of their own; the binary-hasher source, which answers for them when asked',
    imports: ['collector', 'topics', 'event', 'base'],
  },
  {
    name: 'collector',
    purpose: 'the runtime of event sources: start, restart, commit, publish, health, stop',
    imports: ['otlp', 'topics', 'event', 'base'],
  },
  {
    name: 'otlp',
    purpose: 'events as log records, capture, delivery, what an answer of the endpoint means',
    imports: ['topics', 'event', 'base'],
  },
  {
    name: 'store',
    purpose:
      'LMDB: the snapshot, the outbox (`outbox/`), the one transaction; the file itself and its directory, with lock, damage and compaction (`file/`)',
    imports: ['topics', 'event', 'base'],
  },
  {
    name: 'service',
    purpose: 'what the service manager is told (sd_notify): ready, reloading, stopping, alive',
    imports: ['base'],
  },
  {
    name: 'budget',
    purpose: 'what procmond may use, and what it slows before that is used up',
    imports: ['base'],
  },
  {
    name: 'listing',
    purpose: 'processes as a list for people: columns, which ones, in what order, as a tree',
    imports: ['event'],
  },
  {
    name: 'privilege',
    purpose:
      'the user procmond runs as and the capabilities it holds: what they are, and how they are set before it starts',
    imports: ['base'],
  },
  { name: 'event', purpose: 'what is said: events, rows of the snapshot, the field table', imports: [] },
  { name: 'topics', purpose: 'the topic table, patterns over topics, the bus inside this process', imports: ['base'] },
  { name: 'base', purpose: 'clock, logger, errors, reports, escaping, patterns', imports: [] },
];
