import { type ASTNode, Environment, type ParseResult } from '@marcbachmann/cel-js';
import { errorMessage } from '../../base/errors.ts';
import { linearTest } from '../../base/linear-pattern.ts';
import { type ConditionFacts, FACTS_TYPES, PROCESS_FACTS_TYPE } from './condition-facts.ts';

/** An expression that is ready to be asked. @throws {Error} where it cannot be evaluated for these facts */
export type Condition = (facts: ConditionFacts) => boolean;

export type CompiledCondition =
  | { readonly ok: true; readonly condition: Condition }
  | { readonly ok: false; readonly problem: ConditionProblem };

export interface ConditionProblem {
  /** Where in the text, from 1; absent where it is about all of it. */
  readonly position?: number;
  readonly reason: string;
}

const MAX_TEXT_LENGTH = 4_096;
const MAX_PATTERN_LENGTH = 256;

/** So many parts of an expression, and so deep: what a person writes has a tenth of it. */
const LIMITS = { maxAstNodes: 500, maxDepth: 50, maxListElements: 200, maxMapEntries: 0, maxCallArguments: 4 };

/**
 * What may be called. None of it makes a list, and the tests over a list may not stand in one another: an expression
 * takes at most as many steps as it has parts, times the 256 arguments of a process.
 */
const FUNCTIONS = new Set(['size', 'int', 'string']);
const LIST_TESTS = new Set(['exists', 'exists_one', 'all']);
const METHODS = new Set([
  'size',
  'startsWith',
  'endsWith',
  'contains',
  'matches',
  'indexOf',
  'lastIndexOf',
  'substring',
  'trim',
  'lowerAscii',
  'upperAscii',
  'join',
  ...LIST_TESTS,
]);

/**
 * Compiles an expression of the Common Expression Language (CEL) over `process`, `parent`, `previous` and `started`.
 * It is checked whole: names, types, that it comes to true or false, and its regular expressions (RE2), which take
 * linear time whatever a process is called. There is no way from an expression to code.
 */
export function compileCondition(text: string): CompiledCondition {
  if (text.length > MAX_TEXT_LENGTH)
    return refused(`has ${text.length} characters, at most ${MAX_TEXT_LENGTH} are allowed`);
  try {
    const written = ENVIRONMENT.parse(text);
    const misuse = findMisuse(written.ast, false);
    if (misuse !== undefined) return refused(misuse.reason, misuse.node.start);
    const checked = written.check();
    if (!checked.valid) return refusedBy(checked.error);
    if (checked.type !== 'bool') return refused(`comes to ${checked.type ?? 'nothing'}, not to true or false`);
    const safe = ENVIRONMENT.parse(withLinearMatches(text, written.ast));
    if (findCall(safe.ast, 'matches') !== undefined || !safe.check().valid) {
      return refused('has a call of matches() that cannot be understood: write it without comments');
    }
    return { ok: true, condition: (facts) => evaluate(safe, facts) };
  } catch (error) {
    return refusedBy(error);
  }
}

/** What is wrong with an expression; undefined when it can be used. */
export function conditionProblem(text: string): ConditionProblem | undefined {
  const compiled = compileCondition(text);
  return compiled.ok ? undefined : compiled.problem;
}

function evaluate(parsed: ParseResult, facts: ConditionFacts): boolean {
  const value: unknown = parsed({ ...facts });
  return value === true;
}

/** Of the same length as `matches`, so that places in the text stay what they are. */
const LINEAR_MATCHES = 'linear_';

const ENVIRONMENT = makeEnvironment();

function makeEnvironment(): Environment {
  const environment = new Environment({ limits: LIMITS });
  for (const { name, ctor, fields } of FACTS_TYPES) environment.registerType(name, { ctor, fields });
  for (const name of ['process', 'parent', 'previous']) environment.registerVariable(name, PROCESS_FACTS_TYPE);
  environment.registerVariable('started', 'bool');
  environment.registerFunction(`string.${LINEAR_MATCHES}(string): bool`, (value: string, pattern: string) =>
    regularExpression(pattern)(value),
  );
  return environment;
}

const regularExpressions = new Map<string, (text: string) => boolean>();
const MAX_REGULAR_EXPRESSIONS = 1_000;

/** @throws {Error} naming what is wrong with the pattern */
function regularExpression(pattern: string): (text: string) => boolean {
  const known = regularExpressions.get(pattern);
  if (known !== undefined) return known;
  const compiled = linearTest(pattern);
  if (regularExpressions.size >= MAX_REGULAR_EXPRESSIONS) regularExpressions.clear();
  regularExpressions.set(pattern, compiled);
  return compiled;
}

interface Misuse {
  readonly node: ASTNode;
  readonly reason: string;
}

/** What CEL would allow, and a cycle cannot afford. */
function findMisuse(node: ASTNode, inListTest: boolean): Misuse | undefined {
  if (node.op === 'call') {
    const [name, args] = node.args;
    if (!FUNCTIONS.has(name)) return { node, reason: `calls ${name}(), which is not among ${list(FUNCTIONS)}` };
    return firstMisuse(args, inListTest);
  }
  if (node.op !== 'rcall') return firstMisuse(partsOf(node), inListTest);
  const [name, receiver, args] = node.args;
  if (!METHODS.has(name)) return { node, reason: `calls .${name}(), which is not among ${list(METHODS)}` };
  const isListTest = LIST_TESTS.has(name);
  if (isListTest && inListTest) return { node, reason: `has .${name}() within another test over a list` };
  const misuse = name === 'matches' ? patternMisuse(node, args) : undefined;
  return misuse ?? findMisuse(receiver, inListTest) ?? firstMisuse(args, inListTest || isListTest);
}

function firstMisuse(nodes: readonly ASTNode[], inListTest: boolean): Misuse | undefined {
  for (const node of nodes) {
    const misuse = findMisuse(node, inListTest);
    if (misuse !== undefined) return misuse;
  }
  return undefined;
}

/** A pattern that is made of what a process says would be the process' own. */
function patternMisuse(node: ASTNode, args: readonly ASTNode[]): Misuse | undefined {
  const [argument] = args;
  if (args.length !== 1 || argument?.op !== 'value' || typeof argument.args !== 'string') {
    return { node, reason: 'has .matches() with something else than one text in quotes' };
  }
  const pattern = argument.args;
  if (pattern.length > MAX_PATTERN_LENGTH) {
    return {
      node: argument,
      reason: `has a pattern of ${pattern.length} characters, at most ${MAX_PATTERN_LENGTH} are allowed`,
    };
  }
  try {
    regularExpression(pattern);
    return undefined;
  } catch (error) {
    return { node: argument, reason: `has a pattern that is no RE2 regular expression: ${errorMessage(error)}` };
  }
}

/** The same text with every `matches` called by the name of its linear stand-in. */
function withLinearMatches(text: string, ast: ASTNode): string {
  const places: number[] = [];
  const visit = (node: ASTNode): void => {
    if (node.op === 'rcall') {
      const [name, receiver, args] = node.args;
      const before = args[0]?.start ?? node.end;
      if (name === 'matches') places.push(text.lastIndexOf('matches', before - 'matches'.length));
      for (const part of [receiver, ...args]) visit(part);
      return;
    }
    for (const part of partsOf(node)) visit(part);
  };
  visit(ast);
  let safe = text;
  for (const place of places) safe = safe.slice(0, place) + LINEAR_MATCHES + safe.slice(place + LINEAR_MATCHES.length);
  return safe;
}

function findCall(node: ASTNode, name: string): ASTNode | undefined {
  if (node.op === 'rcall' && node.args[0] === name) return node;
  for (const part of partsOf(node)) {
    const found = findCall(part, name);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The nodes right below, whatever the operator. */
function partsOf(node: ASTNode): readonly ASTNode[] {
  return collectNodes(node.args);
}

function collectNodes(args: unknown): readonly ASTNode[] {
  if (Array.isArray(args)) return args.flatMap(collectNodes);
  return isNode(args) ? [args] : [];
}

function isNode(value: unknown): value is ASTNode {
  return typeof value === 'object' && value !== null && 'op' in value && 'args' in value;
}

function refusedBy(error: unknown): CompiledCondition {
  const summary = property(error, 'summary');
  const range = property(error, 'range');
  const reason = typeof summary === 'string' ? summary : errorMessage(error);
  const start = property(range, 'start');
  return refused(`cannot be understood: ${reason}`, typeof start === 'number' ? start : undefined);
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function refused(reason: string, start?: number): CompiledCondition {
  return { ok: false, problem: { reason, ...(start !== undefined && { position: start + 1 }) } };
}

function list(names: ReadonlySet<string>): string {
  return [...names].join(', ');
}
