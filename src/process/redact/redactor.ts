import { findArgumentSecrets } from './argument-secrets.ts';
import { REDACTED, type Redacted } from './redacted.ts';
import { replaceSpans } from './span.ts';
import { areSuspicious, isSuspicious } from './suspicion.ts';
import { findTextSecrets } from './text-secrets.ts';

export { REDACTED, type Redacted };

/** How much of a command line is kept: the program alone, everything but its secrets, everything. */
export type CommandLineMode = 'none' | 'redacted' | 'full';

/** Bumped when the output for any input may differ; stored with what was redacted. */
export const REDACTOR_VERSION: number = 1;

export interface Redactor {
  /** Redactor version and mode: equal versions give equal output. */
  readonly version: string;
  /** Mode `none` keeps the first argument alone. */
  arguments(args: readonly string[]): Redacted<readonly string[]>;
  /** One free text: a path, command name or cgroup path. */
  text(text: string): Redacted<string>;
  /** A command line or title in one text; mode `none` keeps nothing of it. */
  commandText(text: string): Redacted<string | undefined>;
}

/**
 * What is redacted is given back unchanged by a second time, and texts without secrets are given back as they are, by identity.
 */
export function createRedactor(mode: CommandLineMode): Redactor {
  const version = `${REDACTOR_VERSION}:${mode}`;
  switch (mode) {
    case 'none':
      return {
        version,
        arguments: (args) => redactArguments(args.slice(0, 1)),
        text: redactText,
        commandText: nothing,
      };
    case 'redacted':
      return { version, arguments: redactArguments, text: redactText, commandText: redactText };
    case 'full':
      return { version, arguments: unchanged, text: unchanged, commandText: unchanged };
  }
}

function unchanged<T>(value: T): Redacted<T> {
  return { value, redactions: 0 };
}

function nothing(): Redacted<undefined> {
  return { value: undefined, redactions: 0 };
}

function redactArguments(args: readonly string[]): Redacted<readonly string[]> {
  return areSuspicious(args) ? settle(args, redactArgumentsOnce, (each) => each.map(() => REDACTED)) : unchanged(args);
}

function redactText(text: string): Redacted<string> {
  return isSuspicious(text) ? settle(text, redactTextOnce, () => REDACTED) : unchanged(text);
}

/**
 * Where a secret is gone, what stood around it may read as another one. So what was redacted is redacted again until nothing changes;
 * ordinary input takes one such proof. What is made to go on for long is hidden whole.
 */
function settle<T>(input: T, redactOnce: (value: T) => Redacted<T>, hideWhole: (value: T) => T): Redacted<T> {
  let value = input;
  let redactions = 0;
  for (let pass = 0; pass < MAX_PASSES; pass += 1) {
    const redacted = redactOnce(value);
    if (redacted.redactions === 0) return { value, redactions };
    value = redacted.value;
    redactions += redacted.redactions;
  }
  return { value: hideWhole(value), redactions };
}

const MAX_PASSES = 8;

function redactArgumentsOnce(args: readonly string[]): Redacted<readonly string[]> {
  const spansOf = findArgumentSecrets(args);
  const redacted = args.map((arg, index) => replaceSpans(arg, spansOf[index] ?? []));
  return {
    value: redacted.map(({ value }) => value),
    redactions: redacted.reduce((sum, each) => sum + each.redactions, 0),
  };
}

function redactTextOnce(text: string): Redacted<string> {
  return replaceSpans(text, findTextSecrets(text, 'words'));
}
