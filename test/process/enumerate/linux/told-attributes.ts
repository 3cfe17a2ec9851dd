import type { AttributeValue } from '../../../../src/event/collection-event.ts';
import { PROCESS_FIELDS } from '../../../../src/event/process-fields.ts';
import { describeProcess } from '../../../../src/process/describe-process.ts';
import type { Enumeration, Process } from '../../../../src/process/enumerate/enumerator.ts';
import { NameDatabase } from '../../../../src/process/name-database.ts';

/** By name; those without a value are not in it. */
export type Attributes = ReadonlyMap<string, AttributeValue>;

type TimesOf = Pick<Enumeration, 'boot' | 'ticksPerSecond' | 'endedAtMillis'>;

const users = new NameDatabase('/etc/passwd');
const groups = new NameDatabase('/etc/group');
users.refresh();
groups.refresh();

/** What the field table says of a process, values that a record leaves out because they are usual included. */
export function attributesOf(process: Process, enumeration: TimesOf, enhanced = true): Attributes {
  const event = describeProcess(process, process, {
    sampledAtMillis: enumeration.endedAtMillis,
    bootAnchorMillis: enumeration.boot.timeMillis,
    ticksPerSecond: enumeration.ticksPerSecond,
    enhanced,
    userName: (id) => users.name(id),
    groupName: (id) => groups.name(id),
    hashOf: () => undefined,
    cpidOf: () => undefined,
  });
  const attributes = new Map<string, AttributeValue>();
  for (const field of PROCESS_FIELDS) {
    const value = field.read(event, event.platformMetadata ?? {});
    if (value !== undefined) attributes.set(field.attribute, value);
  }
  return attributes;
}
