import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import {
  type CertificateFiles,
  certificateFiles,
  checkCertificates,
  readCertificates,
} from '../../src/otlp/certificates.ts';
import { makeAuthority } from '../fake/certificate.ts';
import { scratchDirectory } from '../fake/scratch-store.ts';

const authority = makeAuthority('authority');
const client = authority.issue('procmond');
const other = authority.issue('other');

describe('the files of the standard variables', () => {
  const cases: readonly [Record<string, string>, CertificateFiles][] = [
    [{}, {}],
    [{ OTEL_EXPORTER_OTLP_CERTIFICATE: ' ' }, {}],
    [
      { OTEL_EXPORTER_OTLP_CERTIFICATE: '/a', OTEL_EXPORTER_OTLP_LOGS_CERTIFICATE: '/b' },
      { ca: { variable: 'OTEL_EXPORTER_OTLP_LOGS_CERTIFICATE', path: '/b' } },
    ],
    [
      { OTEL_EXPORTER_OTLP_LOGS_CLIENT_KEY: '/k', OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: '/c' },
      {
        cert: { variable: 'OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE', path: '/c' },
        key: { variable: 'OTEL_EXPORTER_OTLP_LOGS_CLIENT_KEY', path: '/k' },
      },
    ],
  ];
  for (const [env, expected] of cases) {
    test(`with ${JSON.stringify(env)} are ${JSON.stringify(expected)}`, () => {
      assert.deepEqual(certificateFiles(env), expected);
    });
  }
});

test('are read as they are when they are whole', async (t) => {
  const bundle = `# ours\n${authority.cert}\n# theirs\n${other.cert}`;
  const texts = { ca: bundle, cert: client.cert + authority.cert, key: client.key };
  const files = written(t, texts);
  assert.deepEqual(await readCertificates(files), texts);
  checkCertificates(files, texts);
  assert.deepEqual(await readCertificates({}), {});
});

describe('what cannot be used is named, with its variable', () => {
  const cases: readonly [string, Partial<Record<keyof CertificateFiles, string>>, RegExp][] = [
    ['an authority that is cut', { ca: authority.cert.slice(0, 300) }, /ca\.pem \(CA\) holds no whole certificate: /],
    [
      'a second one that is cut',
      { ca: authority.cert + other.cert.slice(0, 300) },
      /\(CA\) holds no whole certificate/,
    ],
    ['an empty file', { ca: '' }, /\(CA\) holds no certificate$/],
    ['something else', { ca: 'hello' }, /\(CA\) holds no certificate$/],
    ['a key of another certificate', { cert: client.cert, key: other.key }, /\(KEY\) is not the key of .*cert\.pem$/],
    ['a key that is cut', { cert: client.cert, key: client.key.slice(0, 80) }, /\(KEY\) is no private key/],
    ['a certificate without a key', { cert: client.cert }, /\(CERT\) has no key: OTEL_EXPORTER_OTLP_CLIENT_KEY/],
    ['a key without a certificate', { key: client.key }, /\(KEY\) has no certificate: OTEL_EXPORTER_OTLP_CLIENT_CERT/],
  ];
  for (const [what, texts, says] of cases) {
    test(what, async (t) => {
      const files = written(t, texts);
      const read = await readCertificates(files);
      assert.throws(() => checkCertificates(files, read), says);
    });
  }

  test('a file that is not there', async () => {
    const files = { ca: { variable: 'CA', path: '/nowhere/ca.pem' } };
    await assert.rejects(readCertificates(files), /^Error: \/nowhere\/ca\.pem \(CA\) cannot be read: ENOENT/);
  });
});

function written(t: TestContext, texts: Partial<Record<keyof CertificateFiles, string>>): CertificateFiles {
  const directory = scratchDirectory(t);
  return Object.fromEntries(
    Object.entries(texts).map(([name, text]) => {
      const path = join(directory, `${name}.pem`);
      writeFileSync(path, text);
      return [name, { variable: name.toUpperCase(), path }];
    }),
  );
}
