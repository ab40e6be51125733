import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { isIPv4, isIPv6 } from 'node:net';

/** A private key and its self-signed certificate, both PEM. */
export interface KeyPair {
  readonly key: string;
  readonly certificate: string;
}

export interface CertificateRequest {
  readonly commonName: string;
  /** IP addresses and DNS names the certificate is good for. */
  readonly names: readonly string[];
  /** Seconds since the epoch. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** P-384 is what the real agent takes; P-256 costs a tenth of the time per handshake. */
  readonly curve: 'P-256' | 'P-384';
}

/**
 * Makes an EC key and a self-signed X.509 v3 certificate of the shape the real agent makes: the subject is its own issuer and
 * subjectAltName is the only extension, critical, without basicConstraints.
 */
export function selfSigned(request: CertificateRequest): KeyPair {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: request.curve });
  const name = sequence(set(sequence(oid(2, 5, 4, 3), tagged(0x0c, Buffer.from(request.commonName)))));
  const signatureAlgorithm = sequence(oid(1, 2, 840, 10045, 4, 3, 4)); // ecdsa-with-SHA512
  const serial = randomBytes(20);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40; // positive and without leading zeros
  const body = sequence(
    tagged(0xa0, integer(Buffer.from([2]))), // version 3
    integer(serial),
    signatureAlgorithm,
    name,
    sequence(time(request.notBefore), time(request.notAfter)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(0xa3, sequence(subjectAltName(request.names))),
  );
  const signature = sign('sha512', body, privateKey);
  const der = sequence(body, signatureAlgorithm, tagged(0x03, Buffer.concat([Buffer.from([0]), signature])));
  return { key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), certificate: pem(der) };
}

function subjectAltName(names: readonly string[]): Buffer {
  const entries = names.map((name) => {
    if (isIPv4(name)) return tagged(0x87, Buffer.from(name.split('.').map(Number)));
    if (isIPv6(name)) return tagged(0x87, ipv6Bytes(name));
    return tagged(0x82, Buffer.from(name));
  });
  return sequence(oid(2, 5, 29, 17), tagged(0x01, Buffer.from([0xff])), tagged(0x04, sequence(...entries)));
}

function ipv6Bytes(text: string): Buffer {
  const [head = '', tail = ''] = text.split('::');
  const groups = (part: string) => (part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16)));
  const [left, right] = [groups(head), groups(tail)];
  const all = [...left, ...new Array<number>(8 - left.length - right.length).fill(0), ...right];
  return Buffer.from(all.flatMap((group) => [group >> 8, group & 0xff]));
}

function time(seconds: number): Buffer {
  // UTCTime until 2049, GeneralizedTime after (RFC 5280 section 4.1.2.5).
  const digits = new Date(seconds * 1000).toISOString().replace(/[-:T]/g, '').slice(0, 14);
  return digits < '2050' ? tagged(0x17, Buffer.from(`${digits.slice(2)}Z`)) : tagged(0x18, Buffer.from(`${digits}Z`));
}

function oid(first: number, second: number, ...rest: readonly number[]): Buffer {
  const bytes = [first * 40 + second];
  for (const arc of rest) {
    const groups = [arc & 0x7f];
    for (let left = arc >>> 7; left > 0; left >>>= 7) groups.unshift((left & 0x7f) | 0x80);
    bytes.push(...groups);
  }
  return tagged(0x06, Buffer.from(bytes));
}

const integer = (value: Buffer) => tagged(0x02, value);
const sequence = (...parts: readonly Buffer[]) => tagged(0x30, Buffer.concat(parts));
const set = (...parts: readonly Buffer[]) => tagged(0x31, Buffer.concat(parts));

function tagged(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

function pem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}
