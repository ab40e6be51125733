import type { Clock, KubeClient } from '@metal3/kube-client';
import { certificatesInFolder } from './certificates/folder.ts';
import { selfManagedCertificates } from './certificates/self-managed.ts';
import { webhookServer, type WebhookServerOptions } from './server.ts';
import type { TrustTarget } from './trust.ts';

/** The settings that every service with webhooks has, under the names that all of them use. */
export interface WebhookSettings {
  readonly host: string;
  /** 0 for no webhooks. */
  readonly port: number;
  /** Folder with tls.crt and tls.key; empty for certificates that the service makes and renews itself. */
  readonly certDir: string;
  /** Whether the API server is to be told to trust the authority of that folder. */
  readonly trustCertDir?: boolean;
  /** DNS names and addresses in certificates of its own. */
  readonly names: readonly string[];
  /** Secret through which replicas share those. */
  readonly secretName: string;
  /** Whether the service itself tells the API server of its webhooks: where no chart does, outside a cluster. */
  readonly register: boolean;
}

export interface WebhookPartsOptions extends Omit<WebhookServerOptions, 'host' | 'port' | 'certificates'> {
  readonly client: KubeClient;
  /** Of the Secret. */
  readonly namespace: string;
  /** What has to trust the certificates. */
  readonly targets: readonly TrustTarget[];
  /** Tells the API server that the webhooks answer below `url`, which has no slash at its end. */
  readonly register: (url: string, signal: AbortSignal) => Promise<unknown>;
  readonly clock: Clock;
}

/** A piece of a service, in the shape that @metal3/service runs. */
export interface WebhookPart {
  readonly name: string;
  start(signal: AbortSignal): Promise<void>;
  stop(): Promise<void>;
  ready?(): string | undefined;
}

/** The webhooks of a service at one HTTPS server, and what makes the API server use them. They run on every replica. */
export function webhookParts(
  { port, host, certDir, trustCertDir = false, names, secretName, register: registers }: WebhookSettings,
  { client, namespace, targets, register, clock, log, ...served }: WebhookPartsOptions,
): readonly WebhookPart[] {
  if (port === 0) return [];
  const certificates =
    certDir === ''
      ? selfManagedCertificates({ client, secret: { namespace, name: secretName }, names, targets, clock, log })
      : certificatesInFolder({ folder: certDir, ...(trustCertDir && { trust: { client, targets } }), clock, log });
  const server = webhookServer({ host, port, certificates, log, ...served });
  if (!registers) return [server];
  const registration: WebhookPart = {
    name: 'webhook registration',
    async start(signal) {
      await register(`https://${names[0] ?? host}:${port}`, signal);
    },
    stop: async () => {},
  };
  return [registration, server];
}
