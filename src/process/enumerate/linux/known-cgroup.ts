import type { ProcessDetails } from '../../../event/process-row.ts';
import type { Redactor } from '../../redact/redactor.ts';
import { parseCgroup } from './parse-cgroup.ts';
import { knownText } from './redacted-memo.ts';

/** What a `/proc/PID/cgroup` text tells, decoded and redacted. */
export interface KnownCgroup
  extends Pick<
    ProcessDetails,
    'cgroup' | 'containerId' | 'containerRuntime' | 'podUid' | 'systemdUnit' | 'systemdUserUnit' | 'systemdSlice'
  > {
  /** Attributes whose bytes were not UTF-8. */
  readonly escapedFields: readonly string[];
  /** Attributes that were cut. */
  readonly truncatedFields: readonly string[];
  readonly redactions: number;
}

/** `raw` is the text as it was read, each byte one character (latin1). */
export function knownCgroup(raw: string, redactor: Redactor): KnownCgroup {
  const facts = parseCgroup(raw);
  const escapedFields: string[] = [];
  const truncatedFields: string[] = [];
  let redactions = 0;
  const text = (value: string | undefined, attribute: string) => {
    if (value === undefined) return undefined;
    const known = knownText(value, redactor);
    if (known.escaped) escapedFields.push(attribute);
    if (known.truncated) truncatedFields.push(attribute);
    redactions += known.redactions;
    return known.text;
  };
  return {
    cgroup: text(raw.trimEnd(), 'process.linux.cgroup'),
    containerId: text(facts.containerId, 'container.id'),
    containerRuntime: facts.containerRuntime,
    podUid: facts.podUid,
    systemdUnit: text(facts.systemdUnit, 'procmond.systemd.unit'),
    systemdUserUnit: text(facts.systemdUserUnit, 'procmond.systemd.user_unit'),
    systemdSlice: text(facts.systemdSlice, 'procmond.systemd.slice'),
    escapedFields,
    truncatedFields,
    redactions,
  };
}
