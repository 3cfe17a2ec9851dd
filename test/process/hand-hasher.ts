import type { HashFailureReason } from '../../src/base/observer.ts';
import type { HashOutcome } from '../../src/hasher/hash-engine.ts';
import type { FileHasher } from '../../src/process/executable-hashes.ts';

/** Knows what it is given, and hashes when it is told to. */
export class HandHasher implements FileHasher {
  /** `<link> <version>` */
  readonly asked: string[] = [];
  readonly #known: Map<string, string>;
  readonly #answers: ((outcome: HashOutcome) => void)[] = [];

  constructor(known: Readonly<Record<string, string>> = {}) {
    this.#known = new Map(Object.entries(known));
  }

  known(version: string): string | undefined {
    return this.#known.get(version);
  }

  hashLink(link: string, version: string): Promise<HashOutcome> {
    this.asked.push(`${link} ${version}`);
    return new Promise((resolve) => {
      this.#answers.push((outcome) => {
        if (outcome.ok) this.#known.set(version, outcome.sha256);
        resolve(outcome);
      });
    });
  }

  write(): void {}

  written(): void {}

  learn(known: Readonly<Record<string, string>>): void {
    for (const [version, sha256] of Object.entries(known)) this.#known.set(version, sha256);
  }

  /** To those who have waited longest, one each. */
  answer(...hashes: readonly string[]): void {
    for (const sha256 of hashes) this.#answers.shift()?.({ ok: true, sha256, bytes: 1 });
  }

  refuse(reason: HashFailureReason): void {
    this.#answers.shift()?.({ ok: false, reason });
  }
}
