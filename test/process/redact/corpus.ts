import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Span } from '../../../src/process/redact/span.ts';

/** A command line of the corpus: its arguments, and exactly which parts of them are secret. */
export interface CorpusRow {
  /** The name of its file: what kind of programs it is about. */
  readonly family: string;
  /** As it is written in the file, marks included. */
  readonly line: string;
  readonly args: readonly string[];
  /** One list per argument. */
  readonly secrets: readonly (readonly Span[])[];
  /** Of the half that no rule was made after. */
  readonly heldOut: boolean;
}

const FOLDER = join(import.meta.dirname, 'corpus');

/**
 * Reads `corpus/*.txt`: one command line in the syntax of a shell per line, `#` begins a comment. `«»` stand around each
 * secret, and a `·` is left out: it breaks what would look like a real token to whoever scans repositories for them. The
 * id of an access key counts as secret, as half of a pair; a user's name does not.
 */
export function readCorpus(): readonly CorpusRow[] {
  return globSync('*.txt', { cwd: FOLDER })
    .toSorted()
    .flatMap((file) => {
      const lines = readFileSync(join(FOLDER, file), 'utf8').split('\n');
      const rows = lines.map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#'));
      return rows.map((line) => corpusRow(basename(file, '.txt'), line));
    });
}

function corpusRow(family: string, line: string): CorpusRow {
  const words = shellWords(line).map((word) => markedSpans(word.replaceAll('·', ''), line));
  return {
    family,
    line,
    args: words.map(({ text }) => text),
    secrets: words.map(({ spans }) => spans),
    heldOut: isHeldOut(line),
  };
}

/** By the text alone (FNV-1a), so that a row stays in its half whatever is added around it. */
function isHeldOut(line: string): boolean {
  let hash = 0x811c9dc5;
  for (let at = 0; at < line.length; at += 1) hash = Math.imul(hash ^ line.charCodeAt(at), 0x01000193);
  return ((hash >>> 16) & 1) === 1;
}

function markedSpans(word: string, line: string): { text: string; spans: Span[] } {
  const spans: Span[] = [];
  let text = '';
  for (const part of word.split(/(?=«)/)) {
    const marked = /^«([^«»]+)»([^»]*)$/s.exec(part);
    if (marked === null && /[«»]/.test(part)) throw new Error(`the marks of ${line} do not match`);
    const [secret = '', rest = part] = marked?.slice(1) ?? [];
    if (secret !== '') spans.push({ start: text.length, end: text.length + secret.length });
    text += secret + rest;
  }
  return { text, spans };
}

const WORD = /(?:'[^']*'|\$'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|\\.|[^\s'"\\])+/gs;
const PIECE = /'([^']*)'|\$'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|\\(.)|([^\s'"\\])/gs;

/** The words of a simple command: quotes and backslashes as in sh(1), `$'\n'` as in bash(1), nothing expanded. */
function shellWords(line: string): string[] {
  return (line.match(WORD) ?? []).map((word) =>
    [...word.matchAll(PIECE)]
      .map(([, single, dollar, double, escaped, plain]) => {
        if (dollar !== undefined) return dollar.replaceAll('\\n', '\n').replaceAll(/\\(.)/g, '$1');
        if (double !== undefined) return double.replaceAll(/\\(["\\$`])/g, '$1');
        return single ?? escaped ?? plain ?? '';
      })
      .join(''),
  );
}
