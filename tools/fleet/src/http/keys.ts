import type { SimulatedTime } from '../time.ts';
import { selfSigned, type CertificateRequest, type KeyPair } from './certificate.ts';

const day = 86_400;
const anyAddress: readonly string[] = ['0.0.0.0', '::'];

/** A key pair for a listener: valid as long as the real agent's, 30 days from an hour ago, since clocks differ. */
export function keysFor(
  commonName: string,
  host: string,
  time: SimulatedTime,
  curve: CertificateRequest['curve'] = 'P-256',
): KeyPair {
  const now = Math.floor(time.now() / 1000);
  return selfSigned({
    commonName,
    names: anyAddress.includes(host) ? ['127.0.0.1', '::1'] : [host],
    notBefore: now - 3600,
    notAfter: now + 30 * day,
    curve,
  });
}
