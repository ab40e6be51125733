import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import type { Clock, Logger } from '@metal3/service';
import { httpErrors } from '../errors.ts';

/** Certificate chain and private key, PEM. */
export interface KeyPair {
  readonly cert: Buffer;
  readonly key: Buffer;
}

export interface KeyFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

/**
 * Reads a certificate and its key and checks that they belong together.
 * @throws CodedError HTTP-TLS-FILES
 */
export async function readKeyPair({ certFile, keyFile }: KeyFiles): Promise<KeyPair> {
  if (certFile === '' || keyFile === '') throw httpErrors.tlsFiles('TLS needs both https.certFile and https.keyFile');
  const read = async (file: string) => {
    try {
      return await readFile(file);
    } catch (error) {
      throw httpErrors.tlsFiles(`${file} cannot be read`, { cause: error, details: { file } });
    }
  };
  const [cert, key] = [await read(certFile), await read(keyFile)];
  try {
    if (!new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))) {
      throw httpErrors.tlsFiles(`${keyFile} is not the key of the certificate in ${certFile}`);
    }
    createSecureContext({ cert, key });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === httpErrors.tlsFiles.row.code) throw error;
    throw httpErrors.tlsFiles(`${certFile} and ${keyFile} are no certificate and key in PEM`, { cause: error });
  }
  return { cert, key };
}

/** Secrets are rotated in place; the files are looked at this often. */
const lookMs = 10_000;

/**
 * Hands over the pair whenever the files hold another one that is sound; until then the old one stays. Resolves when the signal aborts.
 */
export function followKeyPair(
  files: KeyFiles,
  current: KeyPair,
  changed: (pair: KeyPair) => void,
  { clock, log, signal }: { readonly clock: Clock; readonly log: Logger; readonly signal: AbortSignal },
): Promise<void> {
  let pair = current;
  let complaint = '';
  return clock.every(
    lookMs,
    async () => {
      try {
        const now = await readKeyPair(files);
        complaint = '';
        if (now.cert.equals(pair.cert) && now.key.equals(pair.key)) return;
        pair = now;
        changed(now);
        const { validTo, subject } = new X509Certificate(now.cert);
        log.info({ file: files.certFile, subject, validTo }, 'the TLS certificate was replaced');
      } catch (error) {
        // The two files change one after the other; once is no complaint.
        const message = error instanceof Error ? error.message : String(error);
        if (message === complaint) log.warn({ error }, 'the new TLS certificate cannot be used; the old one stays');
        complaint = message;
      }
    },
    signal,
  );
}
