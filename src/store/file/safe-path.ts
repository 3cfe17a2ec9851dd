import { lstatSync, readlinkSync, type Stats } from 'node:fs';
import { join, parse, sep } from 'node:path';

/** Why a path leads where another user wants it to, and what to do about that. */
export interface UnsafePath {
  readonly why: string;
  readonly remedy: string;
}

const WRITE_OF_ALL = 0o002;
const STICKY = 0o1000;
/** As the kernel bounds it (path_resolution(7)). */
const MOST_LINKS = 40;

/**
 * Whether somebody else decides what a path leads to: follows it step by step, as the kernel does, and looks at who may
 * exchange each step. Folders that anybody may write to must be sticky, as /tmp is, and a link must be root's or `userId`'s.
 * Who owns a folder above is trusted: it may be the one who chose it.
 * @returns undefined when nobody does; what is not there is no step
 */
export function unsafeStep(path: string, userId: number): UnsafePath | undefined {
  const { root } = parse(path);
  let pending = stepsOf(path.slice(root.length));
  let folder = root;
  let links = 0;
  while (pending.length > 0) {
    const [name = '', ...rest] = pending;
    const mode = lstatSync(folder).mode;
    if ((mode & WRITE_OF_ALL) !== 0 && (mode & STICKY) === 0) {
      return { why: `everybody may exchange what is in ${folder}`, remedy: `chmod +t ${folder}` };
    }
    const step = join(folder, name);
    const found = lstatSync(step, { throwIfNoEntry: false });
    if (found === undefined) return undefined;
    if (!found.isSymbolicLink()) {
      [folder, pending] = [step, rest];
      continue;
    }
    if (!isTrusted(found, userId)) {
      const remedy = `remove it, or choose another one with --data-dir`;
      return { why: `uid ${found.uid} made the symbolic link ${step}`, remedy };
    }
    links += 1;
    if (links > MOST_LINKS)
      return { why: `${step} is one link too many`, remedy: 'choose another one with --data-dir' };
    const target = readlinkSync(step);
    if (parse(target).root !== '') folder = parse(target).root;
    pending = [...stepsOf(target), ...rest];
  }
  return undefined;
}

function stepsOf(path: string): readonly string[] {
  return path.split(sep).filter((step) => step !== '' && step !== '.');
}

function isTrusted({ uid }: Stats, userId: number): boolean {
  return uid === 0 || uid === userId;
}
