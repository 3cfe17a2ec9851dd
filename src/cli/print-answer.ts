import { escapeJsonForDisplay } from '../base/escape-for-display.ts';
import type { OutputFormat } from '../config/config.ts';
import type { Output } from './output.ts';

/** Prints an answer of the daemon: as `text` makes it for people, or as JSON on many lines or one. */
export function printAnswer<Body>(
  body: Body,
  {
    format,
    text,
    stdout,
  }: { readonly format: OutputFormat; readonly text: (body: Body) => string; readonly stdout: Output },
): void {
  switch (format) {
    case 'table':
      stdout.write(text(body));
      return;
    case 'json':
      stdout.write(`${escapeJsonForDisplay(JSON.stringify(body, undefined, 2))}\n`);
      return;
    case 'ndjson':
      stdout.write(`${escapeJsonForDisplay(JSON.stringify(body))}\n`);
  }
}
