/**
 * Makes text safe for a terminal, a log line and the Body of a record: control characters (C0, DEL, C1, so every ANSI
 * sequence), line and paragraph separators and bidirectional marks become `\xNN` or `\u{N}`; all else stays as it is.
 */
export function escapeForDisplay(text: string): string {
  return UNSAFE.test(text) ? text.replaceAll(UNSAFE_ALL, escapeCharacter) : text;
}

/**
 * Makes JSON text as safe: the same characters become `\uNNNN`, so that any parser reads what was there before. C0 is left,
 * since JSON escapes it itself and lays its lines out with it.
 */
export function escapeJsonForDisplay(json: string): string {
  return json.replaceAll(UNSAFE_IN_JSON, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

// U+061C, U+200E-200F, U+202A-202E, U+2066-2069 reorder what a person sees; U+2028-2029 break lines; U+FEFF is invisible.
const BEYOND_C0 = '\\u007f-\\u009f\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069\\ufeff';
const UNSAFE = new RegExp(`[\\u0000-\\u001f${BEYOND_C0}]`);
const UNSAFE_ALL = new RegExp(UNSAFE, 'g');
const UNSAFE_IN_JSON = new RegExp(`[${BEYOND_C0}]`, 'g');

function escapeCharacter(character: string): string {
  switch (character) {
    case '\n':
      return '\\n';
    case '\r':
      return '\\r';
    case '\t':
      return '\\t';
    default: {
      const code = character.charCodeAt(0);
      return code <= 0xff ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
    }
  }
}
