/** Bytes that would do something to whoever shows them as they are; none holds a NUL or a "/". */
export const HOSTILE_BYTES: readonly (readonly [what: string, bytes: Buffer])[] = [
  ['a colour (CSI)', Buffer.from('\u001b[31mred\u001b[0m')],
  ['a link (OSC 8)', Buffer.from('\u001b]8;;http:evil\u0007x\u001b]8;;\u0007')],
  ['the clipboard (OSC 52)', Buffer.from('\u001b]52;c;ZXZpbA==\u0007')],
  ['a window title', Buffer.from('\u001b]0;owned\u001b\\x')],
  ['a C1 control, as UTF-8', Buffer.from('\u009b31mred')],
  ['a C1 control, as a byte', Buffer.from([0x9b, 0x33, 0x31, 0x6d])],
  ['a line of its own', Buffer.from('x\n2026-11-26T00:00:00.000Z ERROR forged')],
  ['a sample of its own', Buffer.from('"} 1\nprocmond_processes{state="running"} 666\n#')],
  ['a return to the start of the line', Buffer.from('x\rroot')],
  ['backspaces and a delete', Buffer.from('root\b\b\b\b\u007f')],
  ['a tab, a page and a bell', Buffer.from('a\tb\fc\u0007\u000b')],
  ['a next line', Buffer.from('a\u0085b')],
  ['line separators', Buffer.from('a\u2028b\u2029c')],
  ['an override of direction', Buffer.from('\u202egpj.exe')],
  ['isolates and marks of direction', Buffer.from('\u2066a\u2067b\u2068c\u2069\u200e\u200f\u061c')],
  ['zero-width characters', Buffer.from('ss\u200bh\u200c\u200d\u2060\ufeffd')],
  ['a tag that spells unseen', Buffer.from('a\u{e0001}\u{e0068}\u{e007f}')],
  ['a flood of combining marks', Buffer.from(`z${'\u0335\u0338'.repeat(40)}`)],
  ['halves of surrogate pairs', Buffer.from('eda080edb080', 'hex')],
  ['what is no UTF-8', Buffer.from('fffec0afe0a0', 'hex')],
  ['JSON', Buffer.from('","pid":1,"x":{"y":["\\u0000\\')],
  ['a format and a variable', Buffer.from('%s%n${HOME}$(id)`id`')],
  ['wide characters', Buffer.from('漢字かな🔥👩‍💻')],
  ['a line of stat', Buffer.from(') R 1 1 1 0 -1')],
  ['a deleted file', Buffer.from('x (deleted) (deleted)')],
  ['nothing but blanks', Buffer.from('   ')],
];

/** The text that the bytes are; undefined where they are no UTF-8. */
export function textOf(bytes: Uint8Array): string | undefined {
  const text = Buffer.from(bytes).toString('utf8');
  return Buffer.from(text).equals(bytes) ? text : undefined;
}

/** What no output may hold, whoever wrote it: a line break aside, nothing that a terminal obeys or that is not seen. */
const HARMFUL = /(?!\n)\p{Cc}|\p{Cf}|\p{Cs}|\p{Zl}|\p{Zp}|\p{DI}|\p{M}{9}/u;

/** What is harmful in an output, with what stands around it; undefined when nothing is. */
export function harmIn(output: string | Buffer): string | undefined {
  let text: string;
  try {
    text =
      typeof output === 'string' ? output : new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(output);
  } catch {
    return 'it is not UTF-8';
  }
  const found = HARMFUL.exec(text);
  if (found === null) return undefined;
  const around = text.slice(Math.max(0, found.index - 60), found.index + 60);
  return `U+${found[0].codePointAt(0)?.toString(16)} in ${JSON.stringify(around)}`;
}
