/**
 * Asks the registry for known vulnerabilities of what the lock file names (`npm audit`), those of EXPLAINED left out.
 * Ends with 1 when there is another one. A registry that does not answer such questions (many mirrors do not) is said,
 * and is no failure: nothing was found out then.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** Advisories that do not touch procmond, by their id (`GHSA-...`), each with the reason. */
export const EXPLAINED: Readonly<Record<string, string>> = {};

export interface AuditVerdict {
  readonly kind: 'clean' | 'vulnerable' | 'unanswered';
  readonly lines: readonly string[];
}

interface Advisory {
  readonly title: string;
  readonly url: string;
  readonly severity: string;
  readonly range: string;
}

interface AuditReport {
  readonly error?: { readonly summary?: string };
  readonly message?: string;
  readonly vulnerabilities?: Readonly<Record<string, { readonly via: readonly (string | Advisory)[] }>>;
}

/** @param json what `npm audit --json` printed (auditReportVersion 2) */
export function auditVerdict(json: string, explained: Readonly<Record<string, string>> = EXPLAINED): AuditVerdict {
  const report = parse(json);
  if (report?.vulnerabilities === undefined) {
    const why = report?.error?.summary || report?.message || json.trim().slice(0, 200) || 'no answer';
    return { kind: 'unanswered', lines: [`the registry answers no audit, nothing was found out: ${why}`] };
  }
  // What stands as a name only is vulnerable through another one of the list.
  const advisories = Object.entries(report.vulnerabilities).flatMap(([name, { via }]) =>
    via.filter((one) => typeof one === 'object').map((advisory) => ({ name, ...advisory })),
  );
  const open = advisories.filter(({ url }) => explained[idOf(url)] === undefined);
  if (open.length === 0) {
    return { kind: 'clean', lines: [`no known vulnerability; ${advisories.length} explained ones left out`] };
  }
  return {
    kind: 'vulnerable',
    lines: open.map(({ name, severity, title, range, url }) => `${name} ${range}, ${severity}: ${title} (${url})`),
  };
}

function parse(json: string): AuditReport | undefined {
  try {
    return JSON.parse(json) as AuditReport;
  } catch {
    // npm said something else than JSON: the verdict quotes it.
    return undefined;
  }
}

function idOf(url: string): string {
  return url.slice(url.lastIndexOf('/') + 1);
}

if (import.meta.main) {
  const { stdout } = spawnSync('npm', ['audit', '--json'], {
    cwd: join(import.meta.dirname, '..'),
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    shell: process.platform === 'win32',
  });
  const { kind, lines } = auditVerdict(stdout ?? '');
  for (const line of lines) console.log(line);
  if (kind === 'vulnerable') process.exitCode = 1;
}
