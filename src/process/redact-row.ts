import type { ProcessRow } from '../event/process-row.ts';
import type { Redactor } from './redact/redactor.ts';

/**
 * A stored row as the present redaction would have it: what an earlier run was allowed to keep may not be told by this
 * one. It goes on to name the redaction it was stored with, since its text still does not compare with text read now.
 */
export function redactRow(row: ProcessRow, redactor: Redactor): ProcessRow {
  const { details } = row;
  if (details?.redaction === redactor.version) return row;
  const text = (kept: string | undefined) => (kept === undefined ? undefined : redactor.text(kept).value);
  const commandText = (kept: string | undefined) => (kept === undefined ? undefined : redactor.commandText(kept).value);
  return {
    ...row,
    comm: redactor.text(row.comm).value,
    ...(details !== undefined && {
      details: {
        ...details,
        executablePath: text(details.executablePath),
        args: details.args === undefined ? undefined : redactor.arguments(details.args).value,
        commandLineText: commandText(details.commandLineText),
        title: commandText(details.title),
        workingDirectory: text(details.workingDirectory),
        cgroup: text(details.cgroup),
      },
    }),
  };
}
