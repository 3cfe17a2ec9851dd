import { readFileSync, statSync } from 'node:fs';

/**
 * Names of ids out of a passwd(5) or group(5) file; read again when the file changes. Never asks a directory service:
 * a cycle does not wait for somebody else's server.
 */
export class NameDatabase {
  readonly #path: string;
  #names = new Map<number, string>();
  #modifiedAtMillis: number | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** To be called once per cycle; a file that cannot be read leaves no names rather than old ones. */
  refresh(): void {
    try {
      const file = statSync(this.#path);
      // Reading a pipe would wait for a writer.
      if (!file.isFile()) throw new Error('not a file');
      const { mtimeMs } = file;
      if (mtimeMs === this.#modifiedAtMillis) return;
      this.#names = parseNames(readFileSync(this.#path, 'utf8'));
      this.#modifiedAtMillis = mtimeMs;
    } catch {
      // Absent names are the answer: ids are told all the same.
      this.#names = new Map();
      this.#modifiedAtMillis = undefined;
    }
  }

  name(id: number): string | undefined {
    return this.#names.get(id);
  }
}

/**
 * Both kinds of file have `name:password:id:` in front. The first name of an id wins, as in getpwuid(3); comments and
 * references to a directory service (`+`, `-`) are no names, and an id that is cut is another one.
 */
export function parseNames(text: string): Map<number, string> {
  const names = new Map<number, string>();
  for (const line of text.split('\n')) {
    const [name, , id, rest] = line.split(':');
    if (!name || /^[#+-]/.test(name) || id === undefined || rest === undefined || !/^\d+$/.test(id)) continue;
    if (!names.has(Number(id))) names.set(Number(id), name);
  }
  return names;
}
