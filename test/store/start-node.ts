import { type ChildProcess, spawn } from 'node:child_process';
import type { TestContext } from 'node:test';

/** Another Node.js process with the store's own modules at hand, ended with the test. */
export function startNode(t: TestContext, body: string): ChildProcess {
  const imports = `
    import { SnapshotStore } from '${import.meta.resolve('../../src/store/snapshot-store.ts')}';
    import { openLayout } from '${import.meta.resolve('../../src/store/layout.ts')}';`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', imports + body], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  t.after(() => child.kill('SIGKILL'));
  return child;
}
