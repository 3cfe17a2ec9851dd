import { escapeForDisplay } from '../base/escape-for-display.ts';

/** One line of a report about the daemon. */
export interface ReportLine {
  /** What it is about; empty where it goes on about the same. */
  readonly label: string;
  readonly text: string;
  /** Whether somebody should look at it, soon or now. */
  readonly tone?: 'odd' | 'bad';
}

/** Labels on the left, texts in a column; whatever a text holds is escaped. */
export function reportText(lines: readonly ReportLine[], { color }: { readonly color: boolean }): string {
  const width = Math.max(...lines.map(({ label }) => label.length)) + 2;
  return lines
    .map(({ label, text, tone }) => {
      const padded = label.padEnd(width);
      const safe = escapeForDisplay(text);
      if (!color) return `${padded}${safe}\n`;
      return `${BOLD}${padded}${RESET}${tone === undefined ? safe : `${TONES[tone]}${safe}${RESET}`}\n`;
    })
    .join('');
}

const BOLD = '\u001b[1m';
const RESET = '\u001b[0m';
/** Yellow, bold red. */
const TONES = { odd: '\u001b[33m', bad: '\u001b[1;31m' } as const;

/** `1 record`, `2 records`. */
export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
