import type { FindingRule } from './collection-event.ts';
import type { AnalysisType } from './trigger-request.ts';

/** What is asked of the rules: the sections `rules` and `expected-processes` of the configuration. */
export interface RuleSettings {
  /** Ids of rules that do not run. */
  readonly disabled: readonly string[];
  /** Ids of rules that run though they are off by default. */
  readonly enabled: readonly string[];
  /** In place of the built-in pairs of `suspicious-child`; absent = those. */
  readonly suspiciousChildren?: readonly SuspiciousChildren[] | undefined;
  readonly own: readonly OwnRule[];
  readonly expectedProcesses: readonly ExpectedProcess[];
}

/** Names, with `*` for any text: the parent's and the child's, each its name or the last part of its executable's path. */
export interface SuspiciousChildren {
  readonly parents: readonly string[];
  readonly children: readonly string[];
}

/** A rule of the user's: `when` is an expression in CEL over what is known of a process. */
export interface OwnRule extends FindingRule {
  readonly when: string;
  readonly trigger?: RuleTrigger | undefined;
}

/** Asks another source about the process a rule has found. */
export interface RuleTrigger {
  readonly target: string;
  readonly analysisType: AnalysisType;
}

/** An entry of the watch list. All matchers that are given must match; texts may hold `*` for any text. */
export interface ExpectedProcess {
  /** Label of its metric: lower-case letters, digits and `-`. */
  readonly name: string;
  readonly match: ExpectedProcessMatch;
  /** It is up while at least so many match. */
  readonly count: number;
  /** How long it may be missing before that is told. */
  readonly graceMillis: number;
  /** Told when there are more restarts than so within the window; 0 = never. */
  readonly flappingRestarts: number;
  readonly flappingWindowMillis: number;
}

export interface ExpectedProcessMatch {
  /** The kernel's name of the process. */
  readonly comm?: string | undefined;
  /** Path of the executable; its last part where no `/` is in it. */
  readonly executable?: string | undefined;
  /** Each must match an argument. */
  readonly args?: readonly string[] | undefined;
  /** Effective user, by name or id. */
  readonly user?: string | undefined;
  /** systemd unit, of the system or of a user manager. */
  readonly unit?: string | undefined;
}

export const NO_RULE_SETTINGS: RuleSettings = { disabled: [], enabled: [], own: [], expectedProcesses: [] };

/** Upper bounds, so that neither a cycle nor the metrics grow with a configuration that was made by a program. */
export const MAX_OWN_RULES = 100;
export const MAX_EXPECTED_PROCESSES = 100;
