/**
 * How many parts a regular expression has when its counted repetitions are written out: `ab{3}` has 4, `(ab){3}` 6. A
 * class, an escape and any other sign count as one. For what is no regular expression it is a number too.
 */
export function patternSize(source: string): number {
  /** Of the groups that are open, the innermost last: what is complete in each, and its last part, which may be repeated. */
  const groups: { done: number; last: number }[] = [];
  let group = { done: 0, last: 0 };
  const add = (size: number) => {
    group.done += group.last;
    group.last = size;
  };
  for (let at = 0; at < source.length; ) {
    const [token = ''] = TOKEN.exec(source.slice(at, at + LONGEST_TOKEN)) ?? [source.charAt(at)];
    at += token.length;
    const count = REPETITION.exec(token);
    if (token === '(') {
      groups.push(group);
      group = { done: 0, last: 0 };
    } else if (token === ')') {
      const size = group.done + group.last;
      group = groups.pop() ?? { done: 0, last: 0 };
      add(size);
    } else if (count !== null) {
      // `{2,}` is two of them and one more that goes on.
      const times = count[2] === undefined ? Number(count[1]) : Math.max(Number(count[2]), Number(count[1]) + 1);
      group.last *= Math.max(times, 1);
    } else add(token.startsWith(QUOTED) ? token.length : 1);
  }
  return groups.reduce((size, { done, last }) => size + done + last, group.done + group.last);
}

/** More than a class of every sign there is would be written in. */
const LONGEST_TOKEN = 1_000;

/** A text in quotes, an escape, a class, a counted repetition, or any other sign. */
const TOKEN = /^(?:\\Q.*?(?:\\E|$)|\\[pP]\{[^}]*\}|\\.|\[\^?\]?(?:\[:\^?\w+:\]|\\.|[^\]\\])*\]|\{\d+(?:,\d*)?\}|.)/su;

const QUOTED = '\\Q';

const REPETITION = /^\{(\d+)(?:,(\d*))?\}$/;
