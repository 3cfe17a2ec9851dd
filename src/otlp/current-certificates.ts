import { errorMessage } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import { type CertificateFiles, type Certificates, checkCertificates, readCertificates } from './certificates.ts';

/**
 * The certificates in force: read anew whenever they are asked for, so that new ones need no restart. Where the files
 * cannot be used, perhaps because somebody writes them right now, those read before stay in force.
 */
export class CurrentCertificates {
  readonly #files: CertificateFiles;
  readonly #logger: Logger;
  #current: Certificates | undefined;
  /** What is wrong with the files; told once. */
  #complaint: string | undefined;

  constructor(files: CertificateFiles, logger: Logger) {
    this.#files = files;
    this.#logger = logger;
  }

  /**
   * The same object for as long as they do not change.
   * @throws {Error} saying which file is at fault, when none were read before
   */
  async read(): Promise<Certificates> {
    const before = this.#current;
    try {
      const read = await readCertificates(this.#files);
      const isNew = before === undefined || !isSame(before, read);
      if (isNew) checkCertificates(this.#files, read);
      this.#complaint = undefined;
      if (!isNew) return before;
      if (before !== undefined) this.#logger.info(`new certificates are in use: ${this.#paths()}`);
      this.#current = read;
      return read;
    } catch (error) {
      if (before === undefined) throw error;
      this.#complain(errorMessage(error));
      return before;
    }
  }

  #complain(complaint: string): void {
    if (complaint === this.#complaint) return;
    this.#complaint = complaint;
    this.#logger.warn(`the certificates that were read before stay in use: ${complaint}`);
  }

  #paths(): string {
    return Object.values(this.#files)
      .map(({ path }) => path)
      .join(', ');
  }
}

function isSame(one: Certificates, other: Certificates): boolean {
  return one.ca === other.ca && one.cert === other.cert && one.key === other.key;
}
