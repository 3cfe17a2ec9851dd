/**
 * Makes text safe for a terminal, a log line and the Body of a record: control characters (C0, DEL, C1, so every ANSI
 * sequence), line and paragraph separators, bidirectional marks, whatever else nobody can see (zero-width characters, tags,
 * variation selectors), halves of surrogate pairs, and marks that are piled up or stand on no letter become `\xNN` or
 * `\u{N}`; all else stays as it is.
 */
export function escapeForDisplay(text: string): string {
  return BEYOND_PRINTABLE_ASCII.test(text) ? text.replaceAll(UNSAFE, escapeCharacter) : text;
}

/**
 * Makes JSON text as safe: the same characters become `\uNNNN`, so that any parser reads what was there before. C0 is left,
 * since JSON escapes it itself and lays its lines out with it.
 */
export function escapeJsonForDisplay(json: string): string {
  return BEYOND_ASCII.test(json) ? json.replaceAll(UNSAFE_IN_JSON, escapeInJson) : json;
}

/** Nearly all text is harmless ASCII, and this is asked of every record. */
const BEYOND_PRINTABLE_ASCII = /[^ -~]/;
const BEYOND_ASCII = /[^\0-~]/;

/** More than any language sets on one letter; a pile of them is drawn over the lines above and below. */
const MOST_MARKS = 8;

/**
 * Cf: formats, among them all that reorder what a person sees. Zl, Zp: line breaks. Cs: half a character.
 * DI (default ignorable): what is drawn as nothing. A mark on a blank, a quote or a bracket would change how that one looks.
 */
const BEYOND_C0 =
  '\\u007f-\\u009f\\p{Cf}\\p{Zl}\\p{Zp}\\p{Cs}\\p{DI}' +
  `]|(?<=\\p{M}{${MOST_MARKS}})\\p{M}|(?<!(?!\\p{DI})[\\p{L}\\p{N}\\p{M}\\p{So}])\\p{M}`;
const UNSAFE = new RegExp(`[\\u0000-\\u001f${BEYOND_C0}`, 'gu');
const UNSAFE_IN_JSON = new RegExp(`[${BEYOND_C0}`, 'gu');

function escapeInJson(character: string): string {
  return character
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');
}

function escapeCharacter(character: string): string {
  switch (character) {
    case '\n':
      return '\\n';
    case '\r':
      return '\\r';
    case '\t':
      return '\\t';
    default: {
      const code = character.codePointAt(0) ?? 0;
      return code <= 0xff ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
    }
  }
}
