import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

const DASHBOARD_FILE = join(import.meta.dirname, '..', '..', '..', 'grafana', 'dashboards', 'host-overview.json');

/** One query of the dashboard as it stands in the file, Grafana's variables not yet replaced. */
export interface DashboardQuery {
  readonly panel: string;
  readonly dataSource: 'prometheus' | 'loki';
  readonly expression: string;
}

/** All queries of the panels of the dashboard. */
export async function dashboardQueries(): Promise<readonly DashboardQuery[]> {
  const { panels } = JSON.parse(await readFile(DASHBOARD_FILE, 'utf8')) as Dashboard;
  return panels.flatMap(({ title, targets }) =>
    (targets ?? []).map(({ datasource, expr }) => ({ panel: title, dataSource: datasource.type, expression: expr })),
  );
}

/** The expression as Grafana would send it, for these values of the variables. */
export function withVariables(expression: string, values: Readonly<Record<string, string>>): string {
  return expression.replaceAll(/\$(\w+)/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined)
      throw new Error(`the dashboard uses $${name}, for which the test has no value: ${expression}`);
    return value;
  });
}

/** The parts of Grafana's dashboard model (schema 39) that matter here. */
interface Dashboard {
  readonly panels: readonly {
    readonly title: string;
    readonly targets?: readonly {
      readonly datasource: { readonly type: 'prometheus' | 'loki' };
      readonly expr: string;
    }[];
  }[];
}
