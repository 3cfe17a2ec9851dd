import { DEFAULT_TEXT_LIMITS, type Redactor } from '../../src/process/redact/redactor.ts';

const SECRET = /secret/g;

/** A redactor whose only secret is the word. `seen` is called with each text, in order, before it is given back. */
export function testRedactor(version = 'test:1', seen: (text: string) => void = () => {}): Redactor {
  const text = (value: string) => {
    seen(value);
    return { value: value.replaceAll(SECRET, '[redacted]'), redactions: [...value.matchAll(SECRET)].length };
  };
  return {
    version,
    limits: DEFAULT_TEXT_LIMITS,
    text,
    commandText: text,
    arguments(args) {
      const redacted = args.map(text);
      return {
        value: redacted.map(({ value }) => value),
        redactions: redacted.reduce((sum, { redactions }) => sum + redactions, 0),
      };
    },
  };
}
