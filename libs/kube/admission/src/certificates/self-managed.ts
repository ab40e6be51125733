import {
  type Clock,
  isKubeError,
  type KubeClient,
  type Log,
  type ObjectKey,
  type Secret,
  secret,
} from '@metal3/kube-client';
import type { TrustTarget } from '../trust.ts';
import { trustAuthority } from '../trust.ts';
import type { ServingCertificate, ServingCertificates } from './port.ts';
import { type CertificateSet, decideRotation, rotate, type RotationPolicy } from './rotation.ts';

export interface SelfManagedOptions {
  readonly client: KubeClient;
  /** Shared by all replicas; made if it is not there. */
  readonly secret: ObjectKey;
  /** DNS names and IP addresses of the webhook server, such as `<service>.<namespace>.svc`. */
  readonly names: readonly string[];
  /** Whose caBundle is kept up to date. */
  readonly targets: readonly TrustTarget[];
  readonly clock: Clock;
  readonly log: Log;
  /** 10 years if left out. */
  readonly authorityLifetimeMs?: number;
  /** 1 year if left out. */
  readonly servingLifetimeMs?: number;
  /** How often replicas look at the Secret. A minute if left out. */
  readonly lookEveryMs?: number;
}

const dayMs = 86_400_000;

/**
 * Certificates that the replicas of a service make themselves and share through a Secret. The first to find that a
 * certificate is due replaces it (of several, the API server lets one win). The API server is told to trust an
 * authority before any replica serves with a certificate of it, and goes on trusting the previous one.
 */
export function selfManagedCertificates(options: SelfManagedOptions): ServingCertificates {
  const { client, clock, log, lookEveryMs = 60_000 } = options;
  const policy: RotationPolicy = {
    names: options.names,
    authorityLifetimeMs: options.authorityLifetimeMs ?? 3650 * dayMs,
    servingLifetimeMs: options.servingLifetimeMs ?? 365 * dayMs,
  };
  let known: ServingCertificate | undefined;

  const look = async (signal: AbortSignal): Promise<ServingCertificate> => {
    const set = await ensureSet(options, policy, signal);
    for (const target of options.targets) await trustAuthority(client, target, set.bundle, signal);
    return set.serving;
  };

  return {
    async current(signal) {
      for (;;) {
        try {
          known = await look(signal);
          return known;
        } catch (error) {
          signal.throwIfAborted();
          log.warn({ err: error, keptIn: options.secret.name }, 'cannot prepare the webhook certificate; again');
          await clock.sleep(2_000, signal);
        }
      }
    },
    async watch(replaced, signal) {
      while (!signal.aborted) {
        await clock.sleep(lookEveryMs, signal).catch(() => {});
        if (signal.aborted) return;
        try {
          const next = await look(signal);
          if (next.cert === known?.cert && next.key === known.key) continue;
          known = next;
          replaced(next);
        } catch (error) {
          if (!signal.aborted) log.warn({ err: error }, 'cannot look after the webhook certificate; again');
        }
      }
    },
  };
}

/** Reads the Secret and replaces what is due in it; a replica that is beaten to it takes the other's. */
async function ensureSet(
  options: SelfManagedOptions,
  policy: RotationPolicy,
  signal: AbortSignal,
): Promise<CertificateSet> {
  const { client, secret: key, clock, log } = options;
  const present = await client.find(secret, key, { signal });
  const held = present === undefined ? undefined : setOf(present);
  const decision = decideRotation(held, policy, clock.now());
  if (held !== undefined && decision === 'keep') return held;
  const next = await rotate(held, decision === 'keep' ? 'renew-authority' : decision, policy, clock.now());
  try {
    if (present === undefined) {
      await client.create(secret, { metadata: metadataOf(key), type: 'Opaque', data: dataOf(next) }, { signal });
    } else {
      const metadata = { resourceVersion: present.metadata.resourceVersion };
      await client.patch(secret, key, { type: 'merge', body: { metadata, data: dataOf(next) } }, { signal });
    }
  } catch (error) {
    if (isKubeError(error, 'AlreadyExists', 'Conflict')) return ensureSet(options, policy, signal);
    throw error;
  }
  log.info({ keptIn: key.name, decision }, 'the webhook certificate has been replaced');
  return next;
}

function metadataOf({ namespace, name }: ObjectKey): { namespace?: string; name: string } {
  return namespace === undefined ? { name } : { namespace, name };
}

const files = {
  bundle: 'ca.crt',
  authorityCert: 'authority.crt',
  authorityKey: 'authority.key',
  cert: 'tls.crt',
  key: 'tls.key',
} as const;

function dataOf({ bundle, authority, serving }: CertificateSet): Record<string, string> {
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  return {
    [files.bundle]: base64(bundle),
    [files.authorityCert]: base64(authority.cert),
    [files.authorityKey]: base64(authority.key),
    [files.cert]: base64(serving.cert),
    [files.key]: base64(serving.key),
  };
}

function setOf({ data = {} }: Secret): CertificateSet | undefined {
  const text = (file: string): string => Buffer.from(data[file] ?? '', 'base64').toString('utf8');
  if (Object.values(files).some((file) => text(file) === '')) return undefined;
  return {
    bundle: text(files.bundle),
    authority: { cert: text(files.authorityCert), key: text(files.authorityKey) },
    serving: { cert: text(files.cert), key: text(files.key) },
  };
}
