import type { Kind, KubeClient } from '@metal3/kube-client';
import {
  mutatingWebhookConfiguration,
  type TrustTarget,
  validatingWebhookConfiguration,
  type WebhookClientConfig,
} from './trust.ts';
import { webhookPath } from './webhook.ts';

export interface WebhookRegistration {
  readonly type: 'validating' | 'mutating';
  /** Name of the configuration object. */
  readonly name: string;
  /** Base URL such as https://127.0.0.1:9443, or a service of the cluster. */
  readonly reach:
    { readonly url: string } | { readonly service: { readonly name: string; readonly namespace: string } };
  readonly webhooks: readonly {
    /** A domain name of three parts or more, such as baremetalhost.metal3.io. */
    readonly name: string;
    readonly kind: Kind;
    readonly operations: readonly ('CREATE' | 'UPDATE' | 'DELETE')[];
    readonly path?: string;
  }[];
  /** Only objects in these namespaces; in all if empty or left out. */
  readonly namespaces?: readonly string[];
}

/**
 * Tells the API server of webhooks, for places where no chart has done so (processes on one machine). Call it before
 * the webhook server starts, and give the answer to its certificates.
 */
export async function registerWebhooks(
  client: KubeClient,
  { type, name, reach, webhooks, namespaces = [] }: WebhookRegistration,
  signal?: AbortSignal,
): Promise<TrustTarget> {
  const kind = type === 'validating' ? validatingWebhookConfiguration : mutatingWebhookConfiguration;
  const purpose = type === 'validating' ? 'validate' : 'mutate';
  const body = {
    webhooks: webhooks.map((webhook) => ({
      name: webhook.name,
      clientConfig: clientConfig(reach, webhook.path ?? webhookPath(purpose, webhook.kind)),
      rules: [
        {
          operations: webhook.operations,
          apiGroups: [webhook.kind.group],
          apiVersions: [webhook.kind.version],
          resources: [webhook.kind.plural],
        },
      ],
      sideEffects: 'None',
      admissionReviewVersions: ['v1'],
      failurePolicy: 'Fail',
      ...(namespaces.length > 0 && {
        namespaceSelector: {
          matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'In', values: namespaces }],
        },
      }),
    })),
  };
  const apply = { type: 'apply', fieldManager: 'metal3-webhooks', force: true, body } as const;
  await client.patch(kind, { name }, apply, { signal });
  return { kind: type, name };
}

function clientConfig(reach: WebhookRegistration['reach'], path: string): WebhookClientConfig {
  return 'url' in reach ? { url: `${reach.url.replace(/\/$/, '')}${path}` } : { service: { ...reach.service, path } };
}
