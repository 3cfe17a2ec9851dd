import { once } from 'node:events';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { compileProgram } from '../../fake/compile-program.ts';
import { childrenOf, proportionalBytes } from './process-figures.ts';
import { StartedProcess } from './started-process.ts';

const SOURCE = join(import.meta.dirname, 'programs/idle-processes.c');

/** Where there is no compiler: the same, by the shell. `$0` is how many. */
const SHELL = `i=0; pids=
while [ $i -lt $0 ]; do sleep 86400 </dev/null >/dev/null & pids="$pids $!"; i=$((i+1)); done
echo ready; read -r end; kill $pids; wait`;

const MEMORY_SAMPLE = 50;

/** Processes that do nothing, ended when this is disposed of, and when the benchmark dies. */
export class IdleProcesses implements AsyncDisposable {
  readonly #parent: StartedProcess;

  private constructor(parent: StartedProcess) {
    this.#parent = parent;
  }

  static async start(count: number, directory: string): Promise<IdleProcesses> {
    const program = compileStatic(directory);
    // Of a session of its own: an interrupt at the terminal reaches the benchmark alone, which ends them in order.
    const options = {
      detached: true,
      stdio: ['pipe', 'pipe', 'inherit'],
      ask: ({ stdin }: { readonly stdin: { end(): unknown } | null }) => void stdin?.end(),
    } as const;
    const parent = await (program === undefined
      ? StartedProcess.start('sh', ['-c', SHELL, String(count)], { ...options, stdio: [...options.stdio] })
      : StartedProcess.start(program, [String(count)], { ...options, stdio: [...options.stdio] }));
    await Promise.race([once(parent.child.stdout as Readable, 'data'), parent.untilEnd()]);
    return new IdleProcesses(parent);
  }

  /** Mean of one, without what the kernel keeps for it; undefined where the kernel does not tell. */
  meanBytes(): number | undefined {
    try {
      const sample = childrenOf(this.#parent.pid).slice(0, MEMORY_SAMPLE);
      return sample.reduce((sum, pid) => sum + proportionalBytes(pid), 0) / sample.length;
    } catch {
      // A kernel without these files; the figure is only for information.
      return undefined;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parent[Symbol.asyncDispose]();
  }
}

/** Without shared libraries a process takes a quarter of the memory; not every system can build such a program. */
function compileStatic(directory: string): string | undefined {
  try {
    return compileProgram(SOURCE, directory, ['-static']);
  } catch {
    return compileProgram(SOURCE, directory);
  }
}
