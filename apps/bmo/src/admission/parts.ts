import type { KubeClient } from '@metal3/kube-client';
import { registerWebhooks, webhookMetrics, webhookParts } from '@metal3/kube-admission';
import { homeNamespace, watchedNamespaces } from '@metal3/kube-controller';
import type { Part, Service } from '@metal3/service';
import type { BmoConfig } from '../config.ts';
import { reviewedKinds } from './kinds.ts';

/** The webhooks of our kinds, and what makes the API server use it. Runs on every replica. */
export function admissionParts(
  config: BmoConfig,
  client: KubeClient,
  { clock, log, metrics }: Service,
): readonly Part[] {
  const { configuration: name } = config.webhooks;
  return webhookParts(config.webhooks, {
    client,
    namespace: homeNamespace(config),
    targets: [{ kind: 'validating', name }],
    webhooks: reviewedKinds.map(({ webhook }) => webhook),
    register: (url, signal) =>
      registerWebhooks(
        client,
        {
          type: 'validating',
          name,
          reach: { url },
          webhooks: reviewedKinds.map(({ kind }) => ({
            name: `${kind.plural}.${kind.group}`,
            kind,
            operations: ['CREATE', 'UPDATE'],
          })),
          namespaces: watchedNamespaces(config),
        },
        signal,
      ),
    metrics: webhookMetrics(metrics),
    clock,
    log,
  });
}
