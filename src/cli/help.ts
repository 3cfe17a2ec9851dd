import { COMMANDS, type CommandName, takesWords } from '../config/commands.ts';
import { defaultText, flagText, rangeText } from '../config/describe-option.ts';
import { OPTION_GROUPS, OPTIONS, type Option } from '../config/option-table.ts';
import { PROCESS_COLUMNS } from '../listing/process-columns.ts';
import type { Output } from './output.ts';
import { wrapText } from './wrap-text.ts';

/** `procmond help [command]` and `--help`. Returns the exit code. */
export function helpCommand({
  topic,
  stdout,
}: {
  readonly topic: CommandName | undefined;
  readonly stdout: Output;
}): 0 {
  stdout.write(helpText(topic));
  return 0;
}

/** The help of one command, or of the whole program with every option. At most 100 columns wide. */
export function helpText(topic?: CommandName): string {
  const command = COMMANDS.find(({ name }) => name === topic);
  const options = OPTIONS.filter((option) => topic === undefined || option.commands.includes(topic));
  const sections =
    command === undefined
      ? [PURPOSE, USAGE, commandSection(), ...optionSections(options), ...NOTES]
      : [
          `Usage: ${command.usage}`,
          sentence(command.summary),
          ...(takesWords(command.name) ? printingSections(command.name, options) : optionSections(options)),
          MORE_HELP,
        ];
  return `${sections.join('\n\n')}\n`;
}

/** Where descriptions begin. */
const INDENT = 34;

const PURPOSE = 'procmond watches every process of this host and tells OpenTelemetry about it.';
const USAGE = 'Usage: procmond [run] [options]\n       procmond <command> [options]';
const MORE_HELP = 'All commands and options: procmond help';
const NOTES = [
  [
    'How options are given',
    ...[
      'As a flag, as an environment variable (PROCMOND_MAX_PROCESSES for --max-processes), or as a key of the configuration file (max-processes: 500).',
      'The first of these that is there rules: flag, PROCMOND_* variable, standard OTEL_* variable, file, default. An empty variable counts as unset.',
      'In names, "_" and "-" are the same. A switch is --once, --once=false or --no-once.',
      'A running procmond reads flags, variables and file again on SIGHUP: reloadable options come into force, the others are named and wait for a restart.',
      'OTEL_EXPORTER_OTLP_LOGS_ENDPOINT and OTEL_EXPORTER_OTLP_ENDPOINT set the endpoint; headers, certificates, compression and time-out of the exporter are set by the other OTEL_EXPORTER_OTLP_* variables.',
    ].map(paragraph),
  ].join('\n'),
  'Exit codes: 0 success, 1 failure while running or no process found, 2 wrong usage or configuration.',
] as const;

/** Of the commands that print processes: what is asked each time comes before what is set once. */
function printingSections(command: CommandName, options: readonly Option[]): string[] {
  const selection = [
    'Each word has to be in the name, the path of the executable or the command line of a process, in any case, or be its pid. Behind -- a word may begin with a dash. What the options ask has to be true as well.',
    'When no process is found, stderr says so and the exit code is 1.',
  ];
  const examples = [
    'nginx --tree',
    '--sort cpu --kernel-threads exclude',
    '--user www-data --sort -age,name --json',
    '--columns pid,user,rss,container,command --state running,D',
  ];
  const asked = options.filter(({ group }) => group === 'Selection' || group === 'Printing');
  return [
    ['Which processes', ...selection.map(paragraph)].join('\n'),
    ['Examples', ...examples.map((words) => `  procmond ${command} ${words}`)].join('\n'),
    ...optionSections(asked),
    columnSection(),
    ...optionSections(options.filter((option) => !asked.includes(option))),
  ];
}

function columnSection(): string {
  const lines = PROCESS_COLUMNS.map(({ name, meaning, aliases = [] }) =>
    entry(name, aliases.length === 0 ? meaning : `${meaning} (also ${aliases.join(', ')})`),
  );
  return ['Columns', ...lines].join('\n');
}

function commandSection(): string {
  const lines = COMMANDS.map(({ name, summary }) => entry(name, summary));
  return ['Commands', ...lines].join('\n');
}

function optionSections(options: readonly Option[]): string[] {
  return OPTION_GROUPS.flatMap((group) => {
    const rows = options.filter((option) => option.group === group);
    return rows.length === 0 ? [] : [[group, ...rows.map(optionEntry)].join('\n')];
  });
}

function optionEntry(option: Option): string {
  const facts = [
    option.reloadable ? 'reloadable' : '',
    rangeText(option),
    defaultText(option) === '' ? '' : `default ${defaultText(option)}`,
  ];
  const brackets = facts.filter((fact) => fact !== '').join('; ');
  return entry(flagText(option), brackets === '' ? option.description : `${option.description} (${brackets})`);
}

function entry(term: string, text: string): string {
  return wrapText(text, { first: `  ${term}`.padEnd(INDENT), next: ' '.repeat(INDENT) });
}

function paragraph(text: string): string {
  return wrapText(text, { first: '  ', next: '  ' });
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
