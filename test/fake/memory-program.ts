import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { Program } from './program.ts';

/** Why there can be none here; false where there can. */
export const noMemoryPrograms =
  spawnSync('python3', ['-c', 'import os; os.memfd_create']).status !== 0 && 'there is no python3';

const SCRIPT = `import os, sys
memory = os.memfd_create("hidden")
os.write(memory, open(sys.argv[1], "rb").read() + b"hidden")
os.execve(memory, ["sh", "-c", "echo ready; read end"], {})`;

/** A shell that runs from memory (memfd_create(2)), with a few bytes of its own, ready when this resolves. */
export async function startMemoryProgram(
  t: TestContext,
  shell: string,
): Promise<{ readonly program: Program; readonly sha256: string }> {
  const program = new Program(t, 'python3', ['-c', SCRIPT, shell]);
  await program.says('ready');
  const content = Buffer.concat([readFileSync(shell), Buffer.from('hidden')]);
  return { program, sha256: createHash('sha256').update(content).digest('hex') };
}
