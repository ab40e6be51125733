import type { KubeClient } from '@metal3/kube-client';
import { registerWebhooks, reviewFields, validatingWebhook, webhookParts } from '@metal3/kube-admission';
import { homeNamespace, watchedNamespaces } from '@metal3/kube-controller';
import { bareMetalHost } from '@metal3/metal3-api';
import type { Part, Service } from '@metal3/service';
import type { BmoConfig } from '../config.ts';
import { hostUpdateViolations, hostViolations } from './bare-metal-host.ts';

const hostRules = { created: hostViolations, updated: hostUpdateViolations };

/** The webhook of BareMetalHosts, and what makes the API server use it. Runs on every replica. */
export function admissionParts(config: BmoConfig, client: KubeClient, { clock, log }: Service): readonly Part[] {
  const { configuration: name } = config.webhooks;
  const { group, plural } = bareMetalHost;
  return webhookParts(config.webhooks, {
    client,
    namespace: homeNamespace(config),
    targets: [{ kind: 'validating', name }],
    webhooks: [validatingWebhook(bareMetalHost, (request) => reviewFields(request, hostRules))],
    register: (url, signal) =>
      registerWebhooks(
        client,
        {
          type: 'validating',
          name,
          reach: { url },
          webhooks: [{ name: `${plural}.${group}`, kind: bareMetalHost, operations: ['CREATE', 'UPDATE'] }],
          namespaces: watchedNamespaces(config),
        },
        signal,
      ),
    clock,
    log,
  });
}
