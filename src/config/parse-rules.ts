import { FINDING_SEVERITIES } from '../event/collection-event.ts';
import { BUILT_IN_RULE_IDS } from '../event/finding-rules.ts';
import { MAX_OWN_RULES, type OwnRule, type RuleTrigger, type SuspiciousChildren } from '../event/rule-settings.ts';
import { ANALYSIS_TYPES, type AnalysisType } from '../event/trigger-request.ts';
import { nearestName } from './nearest-name.ts';
import { printableValue } from './problem.ts';
import { type Given, isKebabCase, type SectionReader } from './section-reader.ts';

/** What the section `rules` says. */
export interface RulesSection {
  readonly disabled: readonly string[];
  readonly enabled: readonly string[];
  readonly suspiciousChildren?: readonly SuspiciousChildren[];
  readonly own: readonly OwnRule[];
  /** The conditions of own rules, to be checked by who knows their language. */
  readonly conditions: readonly WrittenCondition[];
}

/** A condition, and where it was written. */
export interface WrittenCondition {
  readonly ruleId: string;
  readonly origin: string;
  readonly when: string;
}

const SECTION_KEYS = ['disable', 'enable', 'suspicious-children', 'own'] as const;
const PAIR_KEYS = ['parents', 'children'] as const;
const RULE_KEYS = [
  'id',
  'title',
  'description',
  'category',
  'severity',
  'techniques',
  'when',
  'trigger',
  'analysis',
] as const;

const MAX_NAME_LENGTH = 200;
const MAX_TITLE_LENGTH = 200;
const MAX_DESCRIPTION_LENGTH = 1_000;
/** The language has a bound of its own, and says so better. */
const MAX_CONDITION_LENGTH = 100_000;

export function parseRules(section: Given, reader: SectionReader): RulesSection {
  const fields = reader.fields(section, SECTION_KEYS) ?? {};
  const written = fields.own === undefined ? [] : parseOwnRules(fields.own, reader);
  const ids = written.map(({ id }) => id);
  const pairs = fields['suspicious-children'];
  const suspiciousChildren = pairs === undefined ? undefined : parsePairs(pairs, reader);
  return {
    disabled: fields.disable === undefined ? [] : parseIds(fields.disable, [...BUILT_IN_RULE_IDS, ...ids], reader),
    enabled: fields.enable === undefined ? [] : parseIds(fields.enable, BUILT_IN_RULE_IDS, reader),
    ...(suspiciousChildren !== undefined && { suspiciousChildren }),
    own: written.flatMap(({ rule }) => rule ?? []),
    conditions: written.flatMap(({ condition }) => condition ?? []),
  };
}

function parseIds(given: Given, known: readonly string[], reader: SectionReader): readonly string[] {
  const ids: string[] = [];
  for (const item of reader.list(given) ?? []) {
    const id = reader.text(item, Number.MAX_SAFE_INTEGER);
    if (id === undefined) continue;
    const nearest = nearestName(id, known);
    if (known.includes(id)) ids.push(id);
    else reader.refuse(item, 'is no rule', { value: printableValue(id), ...(nearest !== undefined && { nearest }) });
  }
  return ids;
}

function parsePairs(given: Given, reader: SectionReader): readonly SuspiciousChildren[] {
  return (reader.list(given) ?? []).flatMap((item) => {
    const fields = reader.fields(item, PAIR_KEYS);
    if (fields === undefined) return [];
    const [parents, children] = PAIR_KEYS.map((key) => {
      const names = fields[key];
      return names === undefined ? reader.refuse(item, `has no ${key}`) : reader.texts(names, MAX_NAME_LENGTH);
    });
    return parents === undefined || children === undefined ? [] : [{ parents, children }];
  });
}

interface WrittenRule {
  /** '' where it has none that can be used. */
  readonly id: string;
  /** Absent where something of it cannot be used. */
  readonly rule?: OwnRule;
  readonly condition?: WrittenCondition;
}

function parseOwnRules(given: Given, reader: SectionReader): readonly WrittenRule[] {
  const items = reader.list(given) ?? [];
  if (items.length > MAX_OWN_RULES) {
    reader.refuse(given, `has ${items.length} rules, at most ${MAX_OWN_RULES} are allowed`);
  }
  const taken = new Set(BUILT_IN_RULE_IDS);
  return items.slice(0, MAX_OWN_RULES).flatMap((item) => {
    const fields = reader.fields(item, RULE_KEYS);
    return fields === undefined ? [] : [parseOwnRule(item, fields, taken, reader)];
  });
}

type RuleFields = Partial<Record<(typeof RULE_KEYS)[number], Given>>;

function parseOwnRule(item: Given, fields: RuleFields, taken: Set<string>, reader: SectionReader): WrittenRule {
  const mistakesBefore = reader.problems.length;
  for (const key of ['id', 'title', 'when'] as const) {
    if (fields[key] === undefined) reader.refuse(item, `has no ${key}`);
  }
  const id = (fields.id && parseOwnId(fields.id, taken, reader)) ?? '';
  const title = fields.title && reader.text(fields.title, MAX_TITLE_LENGTH);
  const when = fields.when && reader.text(fields.when, MAX_CONDITION_LENGTH);
  const description = fields.description && reader.text(fields.description, MAX_DESCRIPTION_LENGTH);
  const category = fields.category && reader.kebabCase(fields.category);
  const severity = fields.severity && reader.choice(fields.severity, FINDING_SEVERITIES);
  const techniques = fields.techniques && parseTechniques(fields.techniques, reader);
  const trigger = parseTrigger(item, fields, reader);
  const condition =
    when === undefined || fields.when === undefined
      ? undefined
      : { ruleId: id === '' ? item.name : id, origin: reader.origin(fields.when), when };
  const usable = reader.problems.length === mistakesBefore && title !== undefined && when !== undefined;
  return {
    id,
    ...(condition !== undefined && { condition }),
    ...(usable && {
      rule: {
        id,
        title,
        description: description ?? title,
        category: category ?? 'custom',
        severity: severity ?? 'medium',
        techniques: techniques ?? [],
        when,
        ...(trigger !== undefined && { trigger }),
      },
    }),
  };
}

function parseOwnId(given: Given, taken: Set<string>, reader: SectionReader): string | undefined {
  const id = reader.kebabCase(given);
  if (id === undefined) return undefined;
  if (taken.has(id)) return reader.refuse(given, 'is the id of another rule', { value: id });
  taken.add(id);
  return id;
}

function parseTechniques(given: Given, reader: SectionReader): readonly string[] | undefined {
  const techniques = reader.texts(given, MAX_NAME_LENGTH);
  const wrong = techniques?.find((technique) => !/^T\d{4}(?:\.\d{3})?$/.test(technique));
  if (wrong === undefined) return techniques;
  return reader.refuse(given, 'holds what is no technique of MITRE ATT&CK', {
    value: printableValue(wrong),
    allowed: 'ids such as T1059 or T1059.004',
  });
}

function parseTrigger(item: Given, fields: RuleFields, reader: SectionReader): RuleTrigger | undefined {
  if (fields.trigger === undefined) {
    return fields.analysis === undefined
      ? undefined
      : reader.refuse(item, 'has an analysis, but no trigger to ask for it');
  }
  const target = reader.kebabCase(fields.trigger);
  if (target === undefined) return undefined;
  if (fields.analysis === undefined) return { target, analysisType: ANALYSES[target] ?? `custom:${target}` };
  const analysisType = parseAnalysis(fields.analysis, reader);
  return analysisType === undefined ? undefined : { target, analysisType };
}

/** What a source is asked for where nothing is said about it. */
const ANALYSES: Readonly<Record<string, AnalysisType>> = { 'binary-hasher': 'binary_hash' };

function parseAnalysis(given: Given, reader: SectionReader): AnalysisType | undefined {
  const text = reader.text(given, Number.MAX_SAFE_INTEGER);
  if (text === undefined) return undefined;
  const known = ANALYSIS_TYPES.find((type) => type === text);
  if (known !== undefined) return known;
  const custom = text.startsWith('custom:') ? text.slice('custom:'.length) : undefined;
  if (custom !== undefined && isKebabCase(custom)) return `custom:${custom}`;
  return reader.refuse(given, 'is no kind of analysis', {
    value: printableValue(text),
    allowed: `${ANALYSIS_TYPES.join(', ')} or custom:<name>`,
  });
}
