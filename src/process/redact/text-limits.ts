/** How much is kept, after redaction, of what a process can put into its texts. Bytes are those of UTF-8. */
export interface TextLimits {
  /** How many of its arguments; 1 to 4,096. */
  readonly maxArguments: number;
  /** Of all its arguments together; 256 to 32,768. */
  readonly maxArgumentBytes: number;
  /** Of any other text: a path, a title, its control groups; 256 to 16,384. */
  readonly maxTextBytes: number;
}

export const DEFAULT_TEXT_LIMITS: TextLimits = {
  maxArguments: 256,
  maxArgumentBytes: 8 * 1024,
  maxTextBytes: 4 * 1024,
};

/** Whatever is not given is as usual. */
export function textLimits(given: Partial<TextLimits> = {}): TextLimits {
  const { maxArguments, maxArgumentBytes, maxTextBytes } = { ...DEFAULT_TEXT_LIMITS, ...given };
  return { maxArguments, maxArgumentBytes, maxTextBytes };
}

/** Tells limits from others; undefined for the usual ones. */
export function textLimitsId({ maxArguments, maxArgumentBytes, maxTextBytes }: TextLimits): string | undefined {
  const usual = DEFAULT_TEXT_LIMITS;
  if (
    maxArguments === usual.maxArguments &&
    maxArgumentBytes === usual.maxArgumentBytes &&
    maxTextBytes === usual.maxTextBytes
  )
    return undefined;
  return `${maxArguments}/${maxArgumentBytes}/${maxTextBytes}`;
}
