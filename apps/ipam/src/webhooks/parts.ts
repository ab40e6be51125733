import {
  mutatingWebhook,
  registerWebhooks,
  validatingWebhook,
  type Webhook,
  webhookMetrics,
  webhookParts,
} from '@metal3/kube-admission';
import type { KubeClient } from '@metal3/kube-client';
import { tlsOptions } from '@metal3/kube-diagnostics';
import { ipAddress, ipClaim, ipPool } from '@metal3/metal3-api';
import type { Part, Service } from '@metal3/service';
import { homeNamespace, watchedNamespaces } from '@metal3/kube-controller';
import type { IpamConfig } from '../config.ts';
import { type AddressesInUse, defaultPool, reviewAddress, reviewClaim, reviewPool } from './reviews.ts';

/** The webhooks of the three kinds, and what makes the API server use them. They run on every replica. */
export function ipamWebhookParts(
  config: IpamConfig,
  client: KubeClient,
  service: Service,
  inUse: AddressesInUse,
): readonly Part[] {
  const { configuration } = config.webhooks;
  const targets = [
    { kind: 'mutating', name: configuration },
    { kind: 'validating', name: configuration },
  ] as const;
  return webhookParts(config.webhooks, {
    client,
    namespace: homeNamespace(config),
    targets,
    webhooks: ipamWebhooks(inUse),
    register: (url, signal) =>
      registerAll(client, { configuration, url, namespaces: watchedNamespaces(config) }, signal),
    metrics: webhookMetrics(service.metrics),
    ...tlsOptions(config.tls),
    clock: service.clock,
    log: service.log,
  });
}

/**
 * Every path that upstream serves. Claims and addresses have nothing to be filled in: the API server itself drops unknown
 * fields, and our own registrations leave their paths out. They answer for registrations that were made by others.
 */
export function ipamWebhooks(inUse: AddressesInUse): readonly Webhook[] {
  return [
    mutatingWebhook(ipPool, defaultPool),
    mutatingWebhook(ipClaim, () => {}),
    mutatingWebhook(ipAddress, () => {}),
    validatingWebhook(ipPool, (request) => reviewPool(request, inUse)),
    validatingWebhook(ipClaim, reviewClaim),
    validatingWebhook(ipAddress, reviewAddress),
  ];
}

interface Registration {
  readonly configuration: string;
  readonly url: string;
  /** Those whose objects are looked at; empty for all. */
  readonly namespaces: readonly string[];
}

async function registerAll(
  client: KubeClient,
  { configuration: name, url, namespaces }: Registration,
  signal: AbortSignal,
): Promise<void> {
  const common = { name, reach: { url }, namespaces };
  const operations = ['CREATE', 'UPDATE'] as const;
  await registerWebhooks(
    client,
    {
      ...common,
      type: 'mutating',
      webhooks: [{ name: 'default.ippool.ipam.metal3.io', kind: ipPool, operations }],
    },
    signal,
  );
  const validating = [ipPool, ipClaim, ipAddress].map((kind) => ({
    name: `validation.${kind.kind.toLowerCase()}.ipam.metal3.io`,
    kind,
    operations,
  }));
  await registerWebhooks(client, { ...common, type: 'validating', webhooks: validating }, signal);
}
