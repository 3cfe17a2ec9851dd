import { generateKeyPairSync, sign } from 'node:crypto';

export interface Certificate {
  /** PEM */
  readonly key: string;
  /** PEM, signed with its own key: to trust it is to trust nothing else. */
  readonly cert: string;
}

/** A fresh X.509 certificate for 127.0.0.1, good for two days around now (RFC 5280, DER by hand: node:crypto makes none). */
export function makeCertificate(commonName: string): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = sequence(set(sequence(oid('550403'), der(UTF8_STRING, Buffer.from(commonName)))));
  const tbs = sequence(
    explicit(0, integer(2)),
    integer(1),
    ECDSA_WITH_SHA256,
    name,
    sequence(utcTime(Date.now() - DAY_MILLIS), utcTime(Date.now() + DAY_MILLIS)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    explicit(3, sequence(BASIC_CONSTRAINTS, SUBJECT_ALT_NAME)),
  );
  const signature = sign('sha256', tbs, privateKey);
  const certificate = sequence(tbs, ECDSA_WITH_SHA256, der(BIT_STRING, Buffer.concat([Buffer.alloc(1), signature])));
  const lines = certificate.toString('base64').match(/.{1,64}/g) ?? [];
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`,
  };
}

const DAY_MILLIS = 86_400_000;

const [BIT_STRING, UTF8_STRING] = [0x03, 0x0c];
const TRUE = der(0x01, Buffer.from([0xff]));

/** 1.2.840.10045.4.3.2 */
const ECDSA_WITH_SHA256 = sequence(oid('2a8648ce3d040302'));

/** 2.5.29.19, critical: it may sign itself. */
const BASIC_CONSTRAINTS = sequence(oid('551d13'), TRUE, der(0x04, sequence(TRUE)));

/** 2.5.29.17, an iPAddress. */
const SUBJECT_ALT_NAME = sequence(oid('551d11'), der(0x04, sequence(der(0x87, Buffer.from([127, 0, 0, 1])))));

function der(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return der(0x30, Buffer.concat(parts));
}

function set(part: Buffer): Buffer {
  return der(0x31, part);
}

function explicit(tag: number, content: Buffer): Buffer {
  return der(0xa0 + tag, content);
}

function integer(value: number): Buffer {
  return der(0x02, Buffer.from([value]));
}

function oid(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, 'hex'));
}

/** YYMMDDHHMMSSZ */
function utcTime(millis: number): Buffer {
  const digits = new Date(millis).toISOString().replaceAll(/\D/g, '').slice(2, 14);
  return der(0x17, Buffer.from(`${digits}Z`));
}
