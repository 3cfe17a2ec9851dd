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

export function isCommandName(text: string): text is CommandName {
  return COMMANDS.some(({ name }) => name === text);
}
