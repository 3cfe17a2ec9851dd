import assert from 'node:assert/strict';
import { test } from 'node:test';
import { escapeForDisplay, escapeJsonForDisplay } from '../../src/base/escape-for-display.ts';

const CASES: readonly (readonly [story: string, text: string, escaped: string])[] = [
  ['plain text stays', 'curl -s https://example.org', 'curl -s https://example.org'],
  ['letters of any script and emoji stay', 'naïve Ελλάδα 日本 🚀', 'naïve Ελλάδα 日本 🚀'],
  ['line breaks and tabs have their usual names', 'a\nb\rc\td', 'a\\nb\\rc\\td'],
  ['an ANSI sequence loses its ESC', '\u001b[31mred', '\\x1b[31mred'],
  ['NUL, bell, backspace and DEL', '\u0000\u0007\b\u007f', '\\x00\\x07\\x08\\x7f'],
  ['C1 controls, the one-byte CSI among them', '\u0080\u009b31m\u009f', '\\x80\\x9b31m\\x9f'],
  ['line and paragraph separators', 'a\u2028b\u2029c', 'a\\u{2028}b\\u{2029}c'],
  [
    'bidirectional overrides and isolates',
    '\u202egpj.exe\u202c \u2066x\u2069',
    '\\u{202e}gpj.exe\\u{202c} \\u{2066}x\\u{2069}',
  ],
  ['bidirectional marks', '\u061c\u200e\u200f', '\\u{61c}\\u{200e}\\u{200f}'],
  ['the byte order mark', '\ufeffx', '\\u{feff}x'],
  ['zero-width characters and soft hyphens', 'ss\u200bh\u200d\u2060d\u00ad', 'ss\\u{200b}h\\u{200d}\\u{2060}d\\xad'],
  ['tags, that spell unseen', 'a\u{e0068}\u{e0069}', 'a\\u{e0068}\\u{e0069}'],
  ['variation selectors and fillers', '\u2764\ufe0f x\u3164', '\u2764\\u{fe0f} x\\u{3164}'],
  ['half a surrogate pair', 'a\ud83d b\udc4d', 'a\\u{d83d} b\\u{dc4d}'],
  ['marks that letters of a language have', 'e\u0301 हिन्दी ไท่ย', 'e\u0301 हिन्दी ไท่ย'],
  ['a pile of marks', `a${'\u0335'.repeat(10)}b`, `a${'\u0335'.repeat(8)}\\u{335}\\u{335}b`],
  ['a mark that would sit on what is no letter', '\u0338x "\u0338"', '\\u{338}x "\\u{338}"'],
  ['nothing', '', ''],
];

for (const [story, text, escaped] of CASES) {
  test(`keeps a terminal safe: ${story}`, () => assert.equal(escapeForDisplay(text), escaped));
}

test('keeps every control character out, whichever it is', () => {
  for (let code = 0; code <= 0xffff; code++) {
    const escaped = escapeForDisplay(String.fromCharCode(code));
    assert.doesNotMatch(escaped, /\p{Cc}|\p{Cf}|\p{Cs}|\p{Zl}|\p{Zp}|\p{Bidi_C}|\p{DI}/u, `U+${code.toString(16)}`);
  }
});

test('keeps JSON harmless to a terminal, and equal to any parser, whichever the character', () => {
  for (let code = 0; code <= 0xffff; code++) {
    const value = { [`k${String.fromCharCode(code)}`]: `a${String.fromCharCode(code)}b` };
    const json = escapeJsonForDisplay(JSON.stringify(value));
    assert.doesNotMatch(json, /\p{Cc}|\p{Cf}|\p{Cs}|\p{Zl}|\p{Zp}|\p{Bidi_C}|\p{DI}/u, `U+${code.toString(16)}`);
    assert.deepEqual(JSON.parse(json), value);
  }
  assert.equal(escapeJsonForDisplay('{\n  "a": "\u009b"\n}'), '{\n  "a": "\\u009b"\n}');
});

test('keeps characters beyond 16 bits of JSON equal to any parser too', () => {
  const json = escapeJsonForDisplay(JSON.stringify('a\u{e0041}\u{1f680}'));
  assert.equal(json, '"a\\udb40\\udc41\u{1f680}"');
  assert.equal(JSON.parse(json), 'a\u{e0041}\u{1f680}');
});

test('keeps its own output as it is', () => {
  for (const text of [
    '\u001b[0m\n\u202e',
    `a${'\u0335'.repeat(20)}`,
    'x\ufe0f\u0301',
    '\u200b\u0301',
    '\u3164\u0301',
  ]) {
    const once = escapeForDisplay(text);
    assert.equal(escapeForDisplay(once), once);
  }
});
