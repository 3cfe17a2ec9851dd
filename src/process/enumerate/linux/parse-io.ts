/** What procmond takes from `/proc/PID/io` (proc_pid_io(5)): bytes this process made the storage layer move. */
export interface IoFields {
  readBytes?: number;
  writtenBytes?: number;
}

/** A line that is cut, or is no number, leaves its field absent. */
export function parseIo(text: string): IoFields {
  const fields: IoFields = {};
  const read = counter(text, 'read_bytes: ');
  if (read !== undefined) fields.readBytes = read;
  const written = counter(text, 'write_bytes: ');
  if (written !== undefined) fields.writtenBytes = written;
  return fields;
}

/** `cancelled_write_bytes:` ends like another label, so that a label counts only where a line begins. */
function counter(text: string, label: string): number | undefined {
  const start = text.startsWith(label) ? 0 : text.indexOf(`\n${label}`) + 1;
  if (start === 0 && !text.startsWith(label)) return undefined;
  const end = text.indexOf('\n', start);
  const digits = end === -1 ? '' : text.slice(start + label.length, end);
  return /^\d+$/.test(digits) ? Number(digits) : undefined;
}
