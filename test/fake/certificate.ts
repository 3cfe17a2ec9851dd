import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

export interface Certificate {
  /** PEM */
  readonly key: string;
  /** PEM */
  readonly cert: string;
}

/** A certificate that others are signed with. */
export interface Authority extends Certificate {
  issue(commonName: string, options?: IssueOptions): Certificate;
}

export interface IssueOptions {
  /** What a client has to ask for; 127.0.0.1 by default. */
  readonly address?: string;
  /** By how long it is out of date; it is good for a day yet by default. */
  readonly expiredMillis?: number;
}

/** X.509 certificates for 127.0.0.1, good from two days ago on (RFC 5280, DER by hand: node:crypto makes none). */
export function makeAuthority(commonName: string): Authority {
  const own = newKeys();
  const cert = pem(commonName, own.publicKey, { commonName, key: own.privateKey }, BASIC_CONSTRAINTS_CA, {});
  return {
    key: keyText(own.privateKey),
    cert,
    issue: (subject, options = {}) => {
      const { publicKey, privateKey } = newKeys();
      const issuer = { commonName, key: own.privateKey };
      return { key: keyText(privateKey), cert: pem(subject, publicKey, issuer, BASIC_CONSTRAINTS_LEAF, options) };
    },
  };
}

function newKeys() {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' });
}

function keyText(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function pem(
  commonName: string,
  publicKey: KeyObject,
  issuer: { readonly commonName: string; readonly key: KeyObject },
  basicConstraints: Buffer,
  { address = '127.0.0.1', expiredMillis = -DAY_MILLIS }: IssueOptions,
): string {
  const tbs = sequence(
    explicit(0, integer(2)),
    integer(1),
    ECDSA_WITH_SHA256,
    nameOf(issuer.commonName),
    sequence(utcTime(Date.now() - 2 * DAY_MILLIS), utcTime(Date.now() - expiredMillis)),
    nameOf(commonName),
    publicKey.export({ type: 'spki', format: 'der' }),
    explicit(3, sequence(basicConstraints, subjectAltName(address))),
  );
  const signature = sign('sha256', tbs, issuer.key);
  const certificate = sequence(tbs, ECDSA_WITH_SHA256, der(BIT_STRING, Buffer.concat([Buffer.alloc(1), signature])));
  const lines = certificate.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

const DAY_MILLIS = 86_400_000;

const [BIT_STRING, UTF8_STRING] = [0x03, 0x0c];
const TRUE = der(0x01, Buffer.from([0xff]));

/** 1.2.840.10045.4.3.2 */
const ECDSA_WITH_SHA256 = sequence(oid('2a8648ce3d040302'));

/** 2.5.29.19, critical: whether it may sign others. */
const BASIC_CONSTRAINTS_CA = sequence(oid('551d13'), TRUE, der(0x04, sequence(TRUE)));
const BASIC_CONSTRAINTS_LEAF = sequence(oid('551d13'), TRUE, der(0x04, sequence()));

/** 2.5.29.17, an iPAddress. */
function subjectAltName(address: string): Buffer {
  return sequence(oid('551d11'), der(0x04, sequence(der(0x87, Buffer.from(address.split('.').map(Number))))));
}

function nameOf(commonName: string): Buffer {
  return sequence(set(sequence(oid('550403'), der(UTF8_STRING, Buffer.from(commonName)))));
}

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
