import 'reflect-metadata';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';
import type { JsonGeneralNames, X509Certificate } from '@peculiar/x509';
import { webcrypto } from 'node:crypto';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const dayMs = 86_400_000;

/** Certificate and private key, PEM. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

export interface CertificateAuthority extends KeyPair {
  readonly issueServer: (commonName: string, names: JsonGeneralNames) => Promise<KeyPair>;
  /** `groups` become organisations, which is how the API server reads groups from a client certificate. */
  readonly issueClient: (commonName: string, groups: readonly string[]) => Promise<KeyPair>;
}

/** A throw-away authority for one local control plane; everything is valid from yesterday for a year. */
export async function createAuthority(commonName: string): Promise<CertificateAuthority> {
  const keys = await generateKeys();
  const root = await X509CertificateGenerator.createSelfSigned({
    name: `CN=${commonName}`,
    keys,
    signingAlgorithm: algorithm,
    ...validity(),
    extensions: [
      new BasicConstraintsExtension(true, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign | KeyUsageFlags.digitalSignature, true),
    ],
  });
  const issue = async (subject: string, usage: ExtendedKeyUsage, names?: JsonGeneralNames): Promise<KeyPair> => {
    const leaf = await generateKeys();
    const certificate = await X509CertificateGenerator.create({
      subject,
      issuer: root.subject,
      publicKey: leaf.publicKey,
      signingKey: keys.privateKey,
      signingAlgorithm: algorithm,
      ...validity(),
      extensions: [
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
        new ExtendedKeyUsageExtension([usage]),
        ...(names === undefined ? [] : [new SubjectAlternativeNameExtension(names)]),
      ],
    });
    return keyPair(certificate, leaf.privateKey);
  };
  return {
    ...(await keyPair(root, keys.privateKey)),
    issueServer: (name, names) => issue(`CN=${name}`, ExtendedKeyUsage.serverAuth, names),
    issueClient: (name, groups) =>
      issue([`CN=${name}`, ...groups.map((group) => `O=${group}`)].join(', '), ExtendedKeyUsage.clientAuth),
  };
}

/** A bare key pair (PKCS 8 and SPKI, PEM), as the API server wants it for service-account tokens. */
export async function createSigningKeys(): Promise<{ readonly publicKey: string; readonly privateKey: string }> {
  const keys = await generateKeys();
  const spki = await webcrypto.subtle.exportKey('spki', keys.publicKey);
  return { publicKey: PemConverter.encode(spki, 'PUBLIC KEY'), privateKey: await privateKeyPem(keys.privateKey) };
}

function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
}

function validity(): { notBefore: Date; notAfter: Date } {
  const now = Date.now();
  return { notBefore: new Date(now - dayMs), notAfter: new Date(now + 365 * dayMs) };
}

async function keyPair(certificate: X509Certificate, key: webcrypto.CryptoKey): Promise<KeyPair> {
  return { cert: certificate.toString('pem'), key: await privateKeyPem(key) };
}

async function privateKeyPem(key: webcrypto.CryptoKey): Promise<string> {
  return PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY');
}
