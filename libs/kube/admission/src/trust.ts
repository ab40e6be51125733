import {
  customResourceDefinition,
  isKubeError,
  type Kind,
  type KubeClient,
  type KubeObject,
} from '@metal3/kube-client';

/** Where the API server reads whether it reaches a webhook: a service of the cluster, or a URL. */
export interface WebhookClientConfig {
  readonly service?: {
    readonly name: string;
    readonly namespace: string;
    readonly path?: string;
    readonly port?: number;
  };
  readonly url?: string;
  readonly caBundle?: string;
}

/** admissionregistration.k8s.io/v1, validating or mutating. */
export interface WebhookConfiguration extends KubeObject {
  webhooks?: {
    name: string;
    clientConfig: WebhookClientConfig;
    rules?: {
      operations: string[];
      apiGroups: string[];
      apiVersions: string[];
      resources: string[];
      scope?: string;
    }[];
    sideEffects: string;
    admissionReviewVersions: string[];
    failurePolicy?: 'Fail' | 'Ignore';
    timeoutSeconds?: number;
    namespaceSelector?: object;
  }[];
}

const registration = { group: 'admissionregistration.k8s.io', version: 'v1', namespaced: false } as const;

export const validatingWebhookConfiguration: Kind<WebhookConfiguration> = {
  ...registration,
  kind: 'ValidatingWebhookConfiguration',
  plural: 'validatingwebhookconfigurations',
};

export const mutatingWebhookConfiguration: Kind<WebhookConfiguration> = {
  ...registration,
  kind: 'MutatingWebhookConfiguration',
  plural: 'mutatingwebhookconfigurations',
};

/** Something whose caBundle must hold the authority of a webhook server. */
export interface TrustTarget {
  readonly kind: 'validating' | 'mutating' | 'conversion';
  /** Of the configuration, or of the CustomResourceDefinition. */
  readonly name: string;
}

/** Each means that somebody else wrote in between; so many in a row is a quarrel about the object. */
const mostConflicts = 10;

/**
 * Has the API server trust this bundle (PEM) when it calls the webhooks of the target; writes only if something
 * differs. A target that is not there is left out: it may be installed later.
 *
 * @throws KubeError, Conflict among them when others do not stop writing the target
 */
export async function trustAuthority(
  client: KubeClient,
  { kind, name }: TrustTarget,
  bundle: string,
  signal?: AbortSignal,
): Promise<void> {
  const caBundle = Buffer.from(bundle).toString('base64');
  for (let conflicts = 0; ; conflicts++) {
    try {
      if (kind === 'conversion') await trustConversion(client, name, caBundle, signal);
      else await trustAdmission(client, kind, name, caBundle, signal);
      return;
    } catch (error) {
      // Another replica has written the same, or the API server has noted something in the status: the next look tells.
      if (!isKubeError(error, 'Conflict') || conflicts === mostConflicts) throw error;
    }
  }
}

async function trustAdmission(
  client: KubeClient,
  kind: 'validating' | 'mutating',
  name: string,
  caBundle: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const configuration = kind === 'validating' ? validatingWebhookConfiguration : mutatingWebhookConfiguration;
  const present = await client.find(configuration, { name }, { signal });
  const webhooks = present?.webhooks ?? [];
  if (present === undefined || webhooks.every(({ clientConfig }) => clientConfig.caBundle === caBundle)) return;
  const body = {
    metadata: { resourceVersion: present.metadata.resourceVersion },
    webhooks: webhooks.map((webhook) => ({ ...webhook, clientConfig: { ...webhook.clientConfig, caBundle } })),
  };
  await client.patch(configuration, { name }, { type: 'merge', body }, { signal });
}

async function trustConversion(
  client: KubeClient,
  name: string,
  caBundle: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const present = await client.find(customResourceDefinition, { name }, { signal });
  const webhook = present?.spec.conversion?.webhook;
  if (webhook === undefined || webhook.clientConfig.caBundle === caBundle) return;
  const body = {
    metadata: { resourceVersion: present?.metadata.resourceVersion },
    spec: { conversion: { webhook: { clientConfig: { caBundle } } } },
  };
  await client.patch(customResourceDefinition, { name }, { type: 'merge', body }, { signal });
}
