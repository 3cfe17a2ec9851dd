import { type Environment, setValue } from '../config/read-environment.ts';
import type { TreeGlyphs } from '../listing/process-tree.ts';

/** What stands behind stdout can show. */
export interface Display {
  /** Cells of a line; undefined in a pipe or file, where nothing is cut. */
  readonly width: number | undefined;
  /** Whether bold and dim reach anybody. */
  readonly color: boolean;
  readonly glyphs: TreeGlyphs;
}

/** The display a stream is: colours only on a terminal that has them, unless NO_COLOR (https://no-color.org) is set. */
export function displayOf(
  stream: { readonly isTTY?: boolean | undefined; readonly columns?: number | undefined },
  env: Environment,
): Display {
  const terminal = stream.isTTY === true;
  return {
    // A terminal that does not know its width says 0.
    width: terminal && stream.columns ? stream.columns : undefined,
    color: terminal && !env['NO_COLOR'] && env['TERM'] !== 'dumb',
    glyphs: speaksUtf8(env) ? UNICODE_GLYPHS : ASCII_GLYPHS,
  };
}

/** Whether the locale is UTF-8, or none is set: then the terminal is a newer one than the settings (source: locale(7)). */
function speaksUtf8(env: Environment): boolean {
  const locale = setValue(env, 'LC_ALL') ?? setValue(env, 'LC_CTYPE') ?? setValue(env, 'LANG');
  return locale === undefined || /utf-?8/i.test(locale);
}

const UNICODE_GLYPHS: TreeGlyphs = { child: '├─ ', lastChild: '└─ ', line: '│  ', blank: '   ', ellipsis: '…' };
const ASCII_GLYPHS: TreeGlyphs = { child: '|- ', lastChild: '`- ', line: '|  ', blank: '   ', ellipsis: '...' };
