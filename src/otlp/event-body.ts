import { escapeForDisplay } from '../base/escape-for-display.ts';
import type { CycleCompletedEvent, FieldChange, ProcessCollectionEvent } from '../event/collection-event.ts';

/** Command lines and changed values are cut here in the sentence; the attributes have them whole. */
const MAX_TEXT_LENGTH = 200;

/** The sentence a person reads in Grafana or a SIEM: `started curl (4242) by www-data, child of php-fpm (811): curl -s`. */
export function processBody(event: ProcessCollectionEvent): string {
  const who = subject(event);
  switch (event.action) {
    case 'observed':
      return escapeForDisplay(`${who}${commandLine(event)}`);
    case 'started':
      return escapeForDisplay(`started ${who}${aside(event.cause)}${commandLine(event)}`);
    case 'stopped':
      return escapeForDisplay(`stopped ${who}${aside(event.cause)}${runTime(event)}${commandLine(event)}`);
    case 'changed':
      return escapeForDisplay(`changed ${who}: ${event.changes.map(change).join('; ')}`);
  }
}

export function cycleBody(cycle: CycleCompletedEvent): string {
  const news = `${cycle.started} started, ${cycle.stopped} stopped, ${cycle.changed} changed, ${cycle.observed} told`;
  return `cycle: ${cycle.processes} processes, ${news} in ${cycle.durationMillis} ms`;
}

function subject({ process, parentName }: ProcessCollectionEvent): string {
  const owner =
    process.platformMetadata?.userName ?? (process.userId === undefined ? undefined : `uid ${process.userId}`);
  const by = owner === undefined ? '' : ` by ${owner}`;
  const childOf = parentName === undefined ? '' : `, child of ${parentName} (${process.ppid})`;
  const kind = process.platformMetadata?.kernelThread ? ' kernel thread' : '';
  return `${process.name} (${process.pid})${kind}${by}${childOf}`;
}

function commandLine({ process }: ProcessCollectionEvent): string {
  if (process.commandLine.length === 0) return '';
  return `: ${shorten(process.commandLine.join(' '))}`;
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
  const { startTime } = event.process;
  if (startTime === undefined) return '';
  return `, after at most ${Math.max(0, Math.round((event.exitNotAfterMillis - startTime) / 1000))} s`;
}

function change({ field, old, new: fresh }: FieldChange): string {
  return `${field} ${value(old)} -> ${value(fresh)}`;
}

function value(changed: FieldChange['old']): string {
  return shorten(typeof changed === 'object' ? changed.join(' ') : String(changed));
}

function shorten(text: string): string {
  return text.length <= MAX_TEXT_LENGTH ? text : `${text.slice(0, MAX_TEXT_LENGTH)}...`;
}
