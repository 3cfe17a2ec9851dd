import { type BuiltInRuleId, builtInRule } from '../../event/finding-rules.ts';
import type { SuspiciousChildren } from '../../event/rule-settings.ts';
import { isKernelThreadName, isKernelThreadTitle } from './kernel-thread-name.ts';
import { nameContradiction } from './name-mismatch.ts';
import { type Evidence, isDefunct, type Rule, type Subject } from './rule.ts';
import { isSuspiciousPair } from './suspicious-child.ts';

/** A clock tick is 10 ms, and the kernel's boot time is told in whole seconds; far more than both. */
const FUTURE_TOLERANCE_MILLIS = 10_000;

type ProcessRuleId = Exclude<BuiltInRuleId, 'expected-process-missing' | 'expected-process-flapping'>;

/** What each of the rules that look at one process goes by. */
const FINDS: Readonly<
  Record<ProcessRuleId, (subject: Subject, pairs: readonly SuspiciousChildren[]) => Evidence | undefined>
> = {
  'deleted-executable': ({ details }) => {
    if (!details.executableDeleted || details.executableMemfd || details.executableReplaced !== false) return undefined;
    return { what: `runs ${details.executablePath}, which has been removed` };
  },

  'memfd-executable': ({ details }) =>
    details.executableMemfd ? { what: `runs from memory that has no file (${details.executablePath})` } : undefined,

  'world-writable-executable': ({ details }) =>
    details.executableWorldWritable ? { what: `runs ${details.executablePath}, where anyone may write` } : undefined,

  'kernel-thread-masquerade': ({ process, details }) => {
    // What has ended has lost its program and arguments, and looks like a kernel thread without doing anything for it.
    if (process.kernelThread || isDefunct(process)) return undefined;
    const { args, title, executablePath } = details;
    const calls = [args?.[0], title].find((text) => text !== undefined && isKernelThreadTitle(text));
    if (calls !== undefined) return { what: `calls itself ${calls} and is no kernel thread` };
    // A helper that the kernel is about to start has the name of its worker, and no program yet.
    const hasProgram = executablePath !== undefined || (args?.length ?? 0) > 0;
    if (!hasProgram || !isKernelThreadName(process.comm)) return undefined;
    return { what: 'has the name of a kernel thread and is none' };
  },

  'name-mismatch': ({ process, details }) => {
    const what = process.kernelThread ? undefined : nameContradiction(process.comm, details);
    return what === undefined ? undefined : { what };
  },

  'executable-hash-changed': ({ details, previous, hash }) => {
    const before = previous?.executableHash?.sha256;
    if (previous === undefined || before === undefined || hash === undefined || before === hash) return undefined;
    const samePath = previous.details.executablePath === details.executablePath;
    if (!samePath || previous.details.redaction !== details.redaction) return undefined;
    return {
      what: `runs ${details.executablePath}, whose content is another one than before`,
      attributes: { 'procmond.executable.hash.previous_sha256': before },
    };
  },

  'gained-root': ({ details, previous }) => {
    if (previous === undefined || details.userId !== 0) return undefined;
    const { userId, realUserId, savedUserId } = previous.details;
    const never = [userId, realUserId, savedUserId].every((id) => id !== undefined && id !== 0);
    if (!never || !sameProgram(previous.details, details)) return undefined;
    return {
      what: `became root, without running another program: its user was ${userId}`,
      attributes: { 'procmond.finding.previous_user.id': userId as number },
    };
  },

  'future-start': ({ createdAtMillis, sampledAtMillis }) => {
    const aheadMillis = createdAtMillis - sampledAtMillis;
    if (aheadMillis <= FUTURE_TOLERANCE_MILLIS) return undefined;
    return { what: `is said to start in ${Math.round(aheadMillis / 1000)} s` };
  },

  'suspicious-child': ({ process, parent }, pairs) => {
    if (parent === undefined || !isSuspiciousPair(pairs, parent, process)) return undefined;
    return { what: `was started by ${parent.comm} (${parent.pid})` };
  },
};

/** The rules that look at one process, in the order of their table. */
export function processRules(pairs: readonly SuspiciousChildren[]): readonly Rule[] {
  return (Object.keys(FINDS) as ProcessRuleId[]).map((id) => ({
    about: builtInRule(id),
    finds: (subject) => FINDS[id](subject, pairs),
  }));
}

/** No exec lies between: the same file, by the same arguments where they can be compared. */
function sameProgram(before: Subject['details'], now: Subject['details']): boolean {
  const { executableDevice: device, executableInode: inode } = now;
  if (device === undefined || inode === undefined) return false;
  if (before.executableDevice !== device || before.executableInode !== inode) return false;
  if (before.redaction !== now.redaction || before.title !== undefined) return true;
  return before.args === undefined || now.args === undefined || sameTexts(before.args, now.args);
}

function sameTexts(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, index) => text === b[index]);
}
