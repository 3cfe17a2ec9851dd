import type { ProcessEvent } from './process-event.ts';

/** The arguments as one text, or the text that a platform has in place of them; undefined where there is neither. */
export function commandLineText({ commandLine, platformMetadata }: ProcessEvent): string | undefined {
  return commandLine.length > 0 ? commandLine.join(' ') : platformMetadata?.commandLineText;
}
