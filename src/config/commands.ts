/** The one word that may stand behind a command that takes no others. */
export interface Operand {
  readonly name: string;
  readonly required: boolean;
  /** All there are; absent = any. */
  readonly known?: readonly string[];
}

/** The commands of the program, in the order `--help` shows them. `takesWords`: words after it select processes. */
export const COMMANDS = [
  {
    name: 'run',
    usage: 'procmond [run] [options]',
    summary: 'watch processes until stopped (when no command is given)',
  },
  {
    name: 'ps',
    usage: 'procmond ps [options] [word...]',
    summary: 'read all processes now and print them, or those that hold every word',
    takesWords: true,
  },
  {
    name: 'snapshot',
    usage: 'procmond snapshot [options] [word...]',
    summary: 'print the process table of the last committed cycle, in the same ways',
    takesWords: true,
  },
  {
    name: 'tail',
    usage: 'procmond tail [options] [pattern]',
    summary: 'print what the running procmond commits, as it happens: all, or the topics of a pattern',
    operand: { name: 'pattern', required: false },
  },
  {
    name: 'status',
    usage: 'procmond status [options]',
    summary: 'say how the running procmond is doing, and what keeps it from doing better',
  },
  {
    name: 'trigger',
    usage: 'procmond trigger [options] <target>',
    summary: 'ask a source of the running procmond, such as binary-hasher, for an analysis',
    operand: { name: 'target', required: true },
  },
  {
    name: 'outbox',
    usage: 'procmond outbox [options] [retry]',
    summary: 'say what waits to be delivered and why; retry sends once more what the endpoint refused',
    operand: { name: 'action', required: false, known: ['retry'] },
  },
  {
    name: 'config',
    usage: 'procmond config [options]',
    summary: 'print what is in force for `run`, and where it comes from',
  },
  {
    name: 'doctor',
    usage: 'procmond doctor [options]',
    summary: 'tell what this host allows, and what keeps `run` from working',
  },
  { name: 'version', usage: 'procmond version', summary: 'print the version' },
  { name: 'help', usage: 'procmond help [command]', summary: 'print this text, or that of a command' },
] as const;

export type CommandName = (typeof COMMANDS)[number]['name'];

export const COMMAND_NAMES: readonly CommandName[] = COMMANDS.map(({ name }) => name);

/** Whether words may stand after the command. */
export function takesWords(command: CommandName): boolean {
  return COMMANDS.some((row) => row.name === command && 'takesWords' in row);
}

export function operandOf(command: CommandName): Operand | undefined {
  const row = COMMANDS.find(({ name }) => name === command);
  return row !== undefined && 'operand' in row ? row.operand : undefined;
}

export function isCommandName(text: string): text is CommandName {
  return COMMANDS.some(({ name }) => name === text);
}
