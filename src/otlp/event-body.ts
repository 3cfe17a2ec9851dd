import { escapeForDisplay } from '../base/escape-for-display.ts';
import type {
  CycleCompletedEvent,
  FieldChange,
  FindingEvent,
  ProcessCollectionEvent,
} from '../event/collection-event.ts';
import { commandLineText } from '../event/command-line-text.ts';
import type { ProcessEvent } from '../event/process-event.ts';
import type { TriggerRequest } from '../event/trigger-request.ts';

/** Command lines and changed values are cut here in the sentence; the attributes have them whole. */
const MAX_TEXT_LENGTH = 200;

/** So that it is seen whose the process is, whatever a rule cites. */
const MAX_MESSAGE_LENGTH = 1_000;

/** A sentence is cut here, after escaping. */
const MAX_BODY_LENGTH = 2_000;

/** The sentence a person reads in Grafana or a SIEM: `started curl (4242) by www-data, child of php-fpm (811): curl -s`. */
export function processBody(event: ProcessCollectionEvent): string {
  const who = subject(event);
  switch (event.action) {
    case 'observed':
      return displayBody(`${who}${commandLine(event)}`);
    case 'started':
      return displayBody(`started ${who}${aside(event.cause)}${commandLine(event)}`);
    case 'stopped':
      return displayBody(`stopped ${who}${aside(event.cause)}${runTime(event)}${commandLine(event)}`);
    case 'changed':
      return displayBody(`changed ${who}${aside(event.cause)}: ${event.changes.map(change).join('; ')}`);
  }
}

/** `high finding memfd-executable: x (4242) runs from memory [by root, child of sh (811)]`. */
export function findingBody({ rule, message, process, parentName }: FindingEvent): string {
  const relations = process === undefined ? [] : [owner(process), parent(process, parentName)].filter(Boolean);
  const whose = relations.length === 0 ? '' : ` [${relations.join(', ')}]`;
  return displayBody(`${rule.severity} finding ${rule.id}: ${cut(message, MAX_MESSAGE_LENGTH)}${whose}`);
}

export function cycleBody(cycle: CycleCompletedEvent): string {
  const { started, stopped, changed, observed, findings } = cycle;
  const found = findings === 0 ? '' : `, ${findings} findings`;
  const news = `${started} started, ${stopped} stopped, ${changed} changed, ${observed} told${found}`;
  return `cycle: ${cycle.processes} processes, ${news} in ${cycle.durationMillis} ms`;
}

/** `asked binary-hasher for binary_hash of process 4242 (high)` */
export function triggerBody({ target, analysisType, priority, process, path }: TriggerRequest): string {
  const what = process === undefined ? `file ${path}` : `process ${process.pid}`;
  return displayBody(`asked ${target} for ${analysisType} of ${what} (${priority})`);
}

/** Any text as a body: harmless on a terminal, and of bounded length. */
export function displayBody(text: string): string {
  return cut(escapeForDisplay(cut(text, MAX_BODY_LENGTH)), MAX_BODY_LENGTH);
}

function subject({ process, parentName }: ProcessCollectionEvent): string {
  const kind = process.platformMetadata?.kernelThread ? ' kernel thread' : '';
  const by = owner(process);
  const childOf = parent(process, parentName);
  return `${process.name} (${process.pid})${kind}${by === '' ? '' : ` ${by}`}${childOf === '' ? '' : `, ${childOf}`}`;
}

function owner({ platformMetadata, userId }: ProcessEvent): string {
  const name = platformMetadata?.userName ?? (userId === undefined ? undefined : `uid ${userId}`);
  return name === undefined ? '' : `by ${name}`;
}

function parent({ ppid }: ProcessEvent, name: string | undefined): string {
  return name === undefined ? '' : `child of ${name} (${ppid})`;
}

function commandLine({ process }: ProcessCollectionEvent): string {
  const text = commandLineText(process);
  return text === undefined ? '' : `: ${cut(text, MAX_TEXT_LENGTH)}`;
}

function aside(cause: string): string {
  switch (cause) {
    case 'while_down':
      return ' while procmond did not run';
    case 'reboot':
      return ' with the reboot';
    default:
      return '';
  }
}

function runTime(event: ProcessCollectionEvent & { readonly action: 'stopped' }): string {
  const { runTimeMillis } = event;
  return runTimeMillis === undefined ? '' : `, after at most ${Math.round(runTimeMillis / 1000)} s`;
}

function change({ field, old, new: fresh }: FieldChange): string {
  return `${field} ${value(old)} -> ${value(fresh)}`;
}

function value(changed: FieldChange['old']): string {
  return cut(typeof changed === 'object' ? changed.join(' ') : String(changed), MAX_TEXT_LENGTH);
}

function cut(text: string, maxLength: number): string {
  return text.length <= maxLength ? text : `${text.slice(0, maxLength).toWellFormed()}...`;
}
