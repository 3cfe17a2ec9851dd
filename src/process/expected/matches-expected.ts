import type { ExpectedProcessMatch } from '../../event/rule-settings.ts';
import type { Process } from '../enumerate/enumerator.ts';
import { baseName, matchesGlob } from '../findings/glob.ts';

/** Whether a process is what an entry of the watch list means. What is not known of it matches nothing. */
export function matchesExpected(
  match: ExpectedProcessMatch,
  process: Process,
  userName: (id: number) => string | undefined,
): boolean {
  const { comm, executable, args, user, unit } = match;
  if (comm !== undefined && !matchesGlob(comm, process.comm)) return false;
  if (!needsDetails(match)) return true;
  const { details } = process;
  if (details === undefined) return false;
  if (executable !== undefined && !matchesPath(executable, details.executablePath)) return false;
  if (args?.some((pattern) => !details.args?.some((argument) => matchesGlob(pattern, argument)))) return false;
  if (unit !== undefined && ![details.systemdUnit, details.systemdUserUnit].some((name) => matchesText(unit, name))) {
    return false;
  }
  return user === undefined || matchesUser(user, details.userId, details.userName ?? nameOf(details.userId, userName));
}

/** Whether it takes more than `stat` tells, which those beyond the maximum of processes have not. */
export function needsDetails({ executable, args, user, unit }: ExpectedProcessMatch): boolean {
  return executable !== undefined || args !== undefined || user !== undefined || unit !== undefined;
}

function matchesPath(pattern: string, path: string | undefined): boolean {
  if (path === undefined) return false;
  return matchesGlob(pattern, pattern.includes('/') ? path : baseName(path));
}

function matchesUser(pattern: string, id: number | undefined, name: string | undefined): boolean {
  return (id !== undefined && String(id) === pattern) || matchesText(pattern, name);
}

function matchesText(pattern: string, text: string | undefined): boolean {
  return text !== undefined && matchesGlob(pattern, text);
}

function nameOf(id: number | undefined, userName: (id: number) => string | undefined): string | undefined {
  return id === undefined ? undefined : userName(id);
}
