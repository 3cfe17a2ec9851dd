import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { escapeForDisplay } from '../base/escape-for-display.ts';
import type { Config } from '../config/config.ts';
import { describeProcess } from '../process/describe-process.ts';
import { NameDatabase } from '../process/name-database.ts';
import { DATA_FILE } from '../store/file/data-file.ts';
import { readSnapshot } from '../store/snapshot-store.ts';
import { type ProcessOutputs, printProcesses } from './print-processes.ts';

/** `procmond snapshot`: the table as of the last committed cycle, also while a daemon runs. Returns the exit code. */
export async function snapshotCommand({
  config,
  words,
  ...outputs
}: ProcessOutputs & {
  readonly config: Config;
  readonly words: readonly string[];
}): Promise<0 | 1> {
  const { stderr } = outputs;
  const { dataDirectory } = config;
  const shownDirectory = escapeForDisplay(dataDirectory);
  if (!existsSync(join(dataDirectory, DATA_FILE))) {
    stderr.write(
      `procmond: there is no store in ${shownDirectory}; start procmond, or name another one with --data-dir\n`,
    );
    return 1;
  }
  const users = new NameDatabase(config.passwdFile);
  const groups = new NameDatabase(config.groupFile);
  users.refresh();
  groups.refresh();
  return readSnapshot(dataDirectory, (table) => {
    const state = table.state();
    if (state === undefined) {
      stderr.write(`procmond: no cycle has been committed to ${shownDirectory} yet\n`);
      return 1;
    }
    const rows = table.rows();
    const figures = table.figures();
    const cpids = new Map(rows.map((row) => [row.pid, row.details?.cpid]));
    const context = {
      ...state,
      enhanced: true,
      userName: (id: number) => users.name(id),
      groupName: (id: number) => groups.name(id),
      cpidOf: (pid: number) => cpids.get(pid),
    };
    if (config.format === 'table') stderr.write(`as of ${new Date(state.sampledAtMillis).toISOString()}\n`);
    return printProcesses(
      rows.map((row) => describeProcess(row, figures.get(row.pid), context)),
      { config, words },
      outputs,
    );
  });
}
