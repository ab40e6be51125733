import type { KubeClient } from '@metal3/kube-client';
import { registerWebhooks, webhookMetrics, webhookParts } from '@metal3/kube-admission';
import { homeNamespace, watchedNamespaces, type Cache } from '@metal3/kube-controller';
import type { BareMetalHost } from '@metal3/metal3-api';
import type { Part, Service } from '@metal3/service';
import type { BmoConfig } from '../config.ts';
import { servedTls } from '../tls.ts';
import { reviewedKinds } from './kinds.ts';

/**
 * The webhooks of our kinds, and what makes the API server use them. They run on every replica.
 *
 * @param hosts indexed by `networkAttachment`
 */
export function admissionParts(
  config: BmoConfig,
  client: KubeClient,
  hosts: Pick<Cache<BareMetalHost>, 'synced' | 'byIndex'>,
  { clock, log, metrics }: Service,
): readonly Part[] {
  const { configuration: name } = config.webhooks;
  const reviewed = reviewedKinds((attachment) =>
    hosts.synced ? hosts.byIndex('networkAttachment', attachment) : undefined,
  );
  return webhookParts(config.webhooks, {
    client,
    namespace: homeNamespace(config),
    targets: [{ kind: 'validating', name }],
    webhooks: reviewed.map(({ webhook }) => webhook),
    register: (url, signal) =>
      registerWebhooks(
        client,
        {
          type: 'validating',
          name,
          reach: { url },
          webhooks: reviewed.map(({ kind, operations }) => ({
            name: `${kind.plural}.${kind.group}`,
            kind,
            operations,
          })),
          namespaces: watchedNamespaces(config),
        },
        signal,
      ),
    ...servedTls(config.tls),
    metrics: webhookMetrics(metrics),
    clock,
    log,
  });
}
