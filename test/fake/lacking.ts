import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Path of a program on PATH. */
export function programPath(name: string): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

/** Why a test cannot be done here: it takes root, or a program that is not there. false where it can. */
export function lacking(needs: { readonly root?: boolean; readonly programs?: readonly string[] }): string | false {
  if (process.platform !== 'linux') return 'there is no /proc to read on this platform';
  if (needs.root && process.geteuid?.() !== 0) return 'it takes root';
  const missing = (needs.programs ?? []).filter((name) => programPath(name) === undefined);
  return missing.length > 0 && `there is no ${missing.join(', ')} on PATH`;
}
