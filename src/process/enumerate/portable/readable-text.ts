import type { Redacted, Redactor } from '../../redact/redactor.ts';
import { cutText } from '../cut-text.ts';
import { firstWord } from './parse-reading.ts';

export interface ReadableText {
  readonly value: string;
  readonly redactions: number;
  /** True when it held what is no text: bytes that were not UTF-8, which have been lost on the way. */
  readonly escaped: boolean;
  /** True when something was cut off its end. */
  readonly cut: boolean;
}

/** The longest name of a file on the systems that are read here. */
const MAX_NAME_BYTES = 255;

const NOT_TEXT = '\ufffd';

/** A name or a path: redacted, well-formed. */
export function readableName(raw: string, redactor: Redactor): ReadableText {
  return readable(raw, redactor, MAX_NAME_BYTES);
}

export function readablePath(raw: string, redactor: Redactor): ReadableText {
  return readable(raw, redactor, redactor.limits.maxTextBytes);
}

/**
 * A command line that comes as one text. Where its arguments begin is lost, so secrets are looked for as in any text;
 * where a redactor keeps nothing but the first argument, all that is certain to belong to it is the first word.
 */
export function readableCommandLine(raw: string, redactor: Redactor): ReadableText {
  const wellFormed = raw.toWellFormed();
  const { value, redactions } = redactor.commandText(wellFormed);
  const { maxArgumentBytes } = redactor.limits;
  if (value === undefined) return readable(firstWord(wellFormed), redactor, maxArgumentBytes);
  return cut({ value, redactions, wellFormed }, maxArgumentBytes);
}

/** Redacted whole, then cut: a secret that is cut may not look like one any more. */
function readable(raw: string, redactor: Redactor, maxBytes: number): ReadableText {
  const wellFormed = raw.toWellFormed();
  return cut({ ...redactor.text(wellFormed), wellFormed }, maxBytes);
}

function cut(redacted: Redacted<string> & { readonly wellFormed: string }, maxBytes: number): ReadableText {
  const { value, redactions, wellFormed } = redacted;
  const kept = cutText(value, maxBytes);
  return { value: kept, redactions, escaped: wellFormed.includes(NOT_TEXT), cut: kept !== value };
}
