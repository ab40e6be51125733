import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, KubeClient, Log } from '@metal3/kube-client';
import { trustAuthority, type TrustTarget } from '../trust.ts';
import type { ServingCertificate, ServingCertificates } from './port.ts';

export interface FolderOptions {
  readonly folder: string;
  /** tls.crt and tls.key if left out, as cert-manager's Secrets are mounted. */
  readonly certFile?: string;
  readonly keyFile?: string;
  /** Whose caBundle is made the folder's ca.crt, where nobody else (cert-manager's injector) does that. */
  readonly trust?: { readonly client: KubeClient; readonly targets: readonly TrustTarget[] };
  readonly clock: Clock;
  readonly log: Log;
}

const lookEveryMs = 10_000;

/** Certificates that someone else keeps in a folder, such as cert-manager through a mounted Secret. */
export function certificatesInFolder(options: FolderOptions): ServingCertificates {
  const { folder, certFile = 'tls.crt', keyFile = 'tls.key', trust, clock, log } = options;
  const read = async (signal: AbortSignal): Promise<ServingCertificate> => {
    const [cert, key] = await Promise.all([
      readFile(join(folder, certFile), 'utf8'),
      readFile(join(folder, keyFile), 'utf8'),
    ]);
    if (trust !== undefined) {
      const bundle = await readFile(join(folder, 'ca.crt'), 'utf8');
      for (const target of trust.targets) await trustAuthority(trust.client, target, bundle, signal);
    }
    return { cert, key };
  };
  let known: ServingCertificate | undefined;

  return {
    async current(signal) {
      for (let told = false; ; told = true) {
        try {
          known = await read(signal);
          return known;
        } catch (error) {
          if (!told) log.warn({ folder, err: error }, 'waiting for the webhook certificate');
          await clock.sleep(1_000, signal);
        }
      }
    },
    async watch(replaced, signal) {
      while (!signal.aborted) {
        await clock.sleep(lookEveryMs, signal).catch(() => {});
        if (signal.aborted) return;
        const next = await read(signal).catch((error: unknown) => {
          if (!signal.aborted) log.warn({ folder, err: error }, 'cannot look after the webhook certificate; again');
          return undefined;
        });
        if (next === undefined || (next.cert === known?.cert && next.key === known.key)) continue;
        known = next;
        replaced(next);
      }
    },
  };
}
