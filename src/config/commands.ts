/** The commands of the program, in the order `--help` shows them. */
export const COMMANDS = [
  {
    name: 'run',
    usage: 'procmond [run] [options]',
    summary: 'watch processes until stopped (when no command is given)',
  },
  { name: 'ps', usage: 'procmond ps [options]', summary: 'read all processes now and print them' },
  {
    name: 'snapshot',
    usage: 'procmond snapshot [options]',
    summary: 'print the process table of the last committed cycle',
  },
  {
    name: 'config',
    usage: 'procmond config [options]',
    summary: 'print what is in force for `run`, and where it comes from',
  },
  { name: 'version', usage: 'procmond version', summary: 'print the version' },
  { name: 'help', usage: 'procmond help [command]', summary: 'print this text, or that of a command' },
] as const;

export type CommandName = (typeof COMMANDS)[number]['name'];

export const COMMAND_NAMES: readonly CommandName[] = COMMANDS.map(({ name }) => name);

export function isCommandName(text: string): text is CommandName {
  return COMMANDS.some(({ name }) => name === text);
}
