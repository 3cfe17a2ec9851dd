import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';

export const ALERT_RULES_FILE = join(import.meta.dirname, '..', '..', '..', 'deploy', 'prometheus-rules.yml');

export interface AlertRule {
  readonly alert: string;
  readonly expr: string;
}

/** The alert rules that users get, in the order of the file. */
export async function alertRules(): Promise<readonly AlertRule[]> {
  const { groups } = parse(await readFile(ALERT_RULES_FILE, 'utf8')) as {
    readonly groups: readonly { readonly rules: readonly AlertRule[] }[];
  };
  return groups.flatMap(({ rules }) => rules);
}
