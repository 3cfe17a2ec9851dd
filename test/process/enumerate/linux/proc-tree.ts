import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';

const FIXTURES = join(import.meta.dirname, '../../../fixtures/proc');

/** A folder that looks like a proc file system and is gone after the test. Paths are relative to its root. */
export class ProcTree {
  readonly root: string;

  constructor(t: TestContext) {
    this.root = mkdtempSync(join(tmpdir(), 'procmond-proc-'));
    t.after(() => rmSync(this.root, { recursive: true }));
  }

  /**
   * Unpacks `test/fixtures/proc/<name>.txt`: `== path` starts a file of the lines that follow, `== path escaped` one
   * without a newline at its end where NUL, newline, backslash and other bytes are `\0`, `\n`, `\\` and `\xNN`,
   * `-> path target` is a link.
   */
  static captured(t: TestContext, name: string): ProcTree {
    const tree = new ProcTree(t);
    const archive = readFileSync(join(FIXTURES, `${name}.txt`), 'utf8');
    for (const entry of archive.split(/^(?=== |-> )/m).slice(1)) {
      const [head = '', ...lines] = entry.split('\n');
      const [mark, path = '', rest] = head.split(' ');
      if (mark === '->') tree.link(path, head.slice(`-> ${path} `.length));
      else if (rest === 'escaped') tree.write(path, unescape(lines[0] ?? ''));
      else tree.write(path, lines.join('\n'));
    }
    return tree;
  }

  write(path: string, content: string | Uint8Array): void {
    const file = this.#place(path);
    writeFileSync(file, content);
  }

  link(path: string, target: string | Buffer): void {
    const file = this.#place(path);
    symlinkSync(target, file);
  }

  /** What refuses to be read as a file and as a link, whoever asks (EISDIR, EINVAL). */
  refuse(path: string): void {
    mkdirSync(this.#place(path));
  }

  remove(path: string): void {
    rmSync(join(this.root, path), { recursive: true, force: true });
  }

  #place(path: string): string {
    const file = join(this.root, path);
    this.remove(path);
    mkdirSync(dirname(file), { recursive: true });
    return file;
  }
}

function unescape(text: string): Buffer {
  const bytes = text.replaceAll(/\\(?:x([0-9a-f]{2})|(.))/g, (_, hex: string | undefined, letter: string) => {
    if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
    return { 0: '\0', n: '\n' }[letter] ?? letter;
  });
  return Buffer.from(bytes, 'latin1');
}

export interface StatLine {
  readonly pid: number;
  readonly comm?: string;
  readonly state?: string;
  readonly ppid?: number;
  readonly processGroupId?: number;
  readonly sessionId?: number;
  readonly flags?: number;
  readonly userTicks?: number;
  readonly systemTicks?: number;
  readonly startTicks?: number;
  readonly rssPages?: number;
  readonly startStack?: number;
  readonly argStart?: number;
}

/** A line as the kernel writes it; what is not given is ordinary. */
export function statLine(line: StatLine): string {
  const { pid, comm = 'sleep', state = 'S', ppid = 1, processGroupId = pid, sessionId = pid } = line;
  const { flags = 4_194_304, userTicks = 1, systemTicks = 2, startTicks = 1_000, rssPages = 300 } = line;
  const { startStack = 140_720_000_000_000, argStart = 140_720_000_100_000 } = line;
  const fields = [
    [state, ppid, processGroupId, sessionId, 0, -1, flags, 10, 0, 0, 0, userTicks, systemTicks, 0, 0, 20, 0, 1, 0],
    [startTicks, 2_560_000, rssPages, '18446744073709551615', 94_619_000_000_000, 94_619_000_020_000, startStack],
    [0, 0, 0, 0, 6, 0, 1, 0, 0, 17, 1, 0, 0, 0, 0, 0, 94_619_000_030_000, 94_619_000_040_000, 94_620_000_000_000],
    [argStart, argStart + 11, argStart + 11, argStart + 60, 0],
  ];
  return `${pid} (${comm}) ${fields.flat().join(' ')}\n`;
}

export function statusText(pid: number, fields: Readonly<Record<string, string>> = {}): string {
  const all = {
    Name: 'sleep',
    Uid: '1000\t1000\t1000\t1000',
    Gid: '100\t100\t100\t100',
    NStgid: String(pid),
    CapEff: '0000000000000000',
    NoNewPrivs: '0',
    Seccomp: '0',
    ...fields,
  };
  return Object.entries(all)
    .map(([name, value]) => `${name}:\t${value}\n`)
    .join('');
}
