import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { errorMessage } from '../base/errors.ts';

/** One file of a standard variable. */
export interface NamedFile {
  readonly variable: string;
  readonly path: string;
}

/** The files that TLS to the endpoint goes by; what is absent was not asked for. */
export interface CertificateFiles {
  /** The authorities to trust instead of those of Node.js. */
  readonly ca?: NamedFile;
  /** What the client shows, the certificates that signed it after it. */
  readonly cert?: NamedFile;
  readonly key?: NamedFile;
}

/** PEM, as `tls.createSecureContext` takes it. */
export type Certificates = Readonly<Partial<Record<keyof CertificateFiles, string>>>;

/** Of the standard variables the one of the logs signal rules over the general one, each by itself. */
export function certificateFiles(env: Readonly<Record<string, string | undefined>>): CertificateFiles {
  const named = (suffix: string): NamedFile | undefined => {
    for (const variable of [`OTEL_EXPORTER_OTLP_LOGS_${suffix}`, `OTEL_EXPORTER_OTLP_${suffix}`]) {
      const path = env[variable]?.trim();
      if (path) return { variable, path };
    }
    return undefined;
  };
  const [ca, cert, key] = [named('CERTIFICATE'), named('CLIENT_CERTIFICATE'), named('CLIENT_KEY')];
  return { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
}

/** @throws {Error} that names the file and its variable */
export async function readCertificates(files: CertificateFiles): Promise<Certificates> {
  const [ca, cert, key] = await Promise.all([files.ca, files.cert, files.key].map(readNamed));
  return { ...(ca !== undefined && { ca }), ...(cert !== undefined && { cert }), ...(key !== undefined && { key }) };
}

/**
 * Certificates are good enough to be used when they are whole: each can be parsed, and the key belongs to its certificate.
 * OpenSSL takes a file without one good certificate for a list of no authorities, and finds out about a pair when it is
 * needed; somebody may be writing them right now.
 * @throws {Error} that names the file, its variable and what is wrong with it
 */
export function checkCertificates(files: CertificateFiles, { ca, cert, key }: Certificates): void {
  if (files.ca && ca !== undefined) parseCertificates(files.ca, ca);
  if (files.cert && cert !== undefined) checkPair(files, cert, files.cert, key);
  else if (files.key) throw problem(files.key, 'has no certificate: OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE is not set');
}

function checkPair(
  { key: keyFile }: CertificateFiles,
  cert: string,
  certFile: NamedFile,
  key: string | undefined,
): void {
  const [own] = parseCertificates(certFile, cert);
  if (keyFile === undefined || key === undefined) {
    throw problem(certFile, 'has no key: OTEL_EXPORTER_OTLP_CLIENT_KEY is not set');
  }
  const privateKey = attempt(keyFile, 'is no private key that can be read', () => createPrivateKey(key));
  if (!own?.checkPrivateKey(privateKey))
    throw problem(keyFile, `is not the key of the certificate in ${certFile.path}`);
}

/** At least one. */
function parseCertificates(file: NamedFile, text: string): readonly X509Certificate[] {
  const pieces = text.split(/(?=-----BEGIN )/).filter((piece) => piece.startsWith('-----BEGIN '));
  if (pieces.length === 0) throw problem(file, 'holds no certificate');
  return pieces.map((piece) => attempt(file, 'holds no whole certificate', () => new X509Certificate(piece)));
}

async function readNamed(file: NamedFile | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  try {
    return await readFile(file.path, 'utf8');
  } catch (error) {
    throw problem(file, `cannot be read: ${errorMessage(error)}`, error);
  }
}

function attempt<Result>(file: NamedFile, what: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    throw problem(file, `${what}: ${errorMessage(error)}`, error);
  }
}

function problem({ variable, path }: NamedFile, what: string, cause?: unknown): Error {
  return new Error(`${path} (${variable}) ${what}`, { cause });
}
