import { sameJson, type KubeClient } from '@metal3/kube-client';
import {
  certificatesInFolder,
  selfManagedCertificates,
  validatingWebhook,
  validatingWebhookConfiguration,
  webhookPath,
  webhookServer,
  type AdmissionRequest,
  type AdmissionVerdict,
} from '@metal3/kube-admission';
import { homeNamespace, watchedNamespaces } from '@metal3/kube-controller';
import { bareMetalHost, type BareMetalHost } from '@metal3/metal3-api';
import type { Part, Service } from '@metal3/service';
import type { BmoConfig } from '../config.ts';
import { hostUpdateViolations, hostViolations } from './bare-metal-host.ts';

/** The webhook of BareMetalHosts, and what makes the API server use it. Runs on every replica. */
export function admissionParts(config: BmoConfig, client: KubeClient, service: Service): readonly Part[] {
  const { port, host, certDir, names, secretName, configuration, register } = config.webhooks;
  if (port === 0) return [];
  const { clock, log } = service;
  const certificates =
    certDir === ''
      ? selfManagedCertificates({
          client,
          secret: { namespace: homeNamespace(config), name: secretName },
          names,
          targets: [{ kind: 'validating', name: configuration }],
          clock,
          log,
        })
      : certificatesInFolder({ folder: certDir, clock, log });
  const server = webhookServer({
    host,
    port,
    certificates,
    webhooks: [validatingWebhook(bareMetalHost, reviewHost)],
    log,
  });
  const registration: Part = {
    name: 'webhook registration',
    start: () =>
      registerWebhook(client, configuration, `https://${names[0] ?? host}:${port}`, watchedNamespaces(config)),
    stop: async () => {},
  };
  return register ? [registration, server] : [server];
}

/** Status writes are not looked at: what cannot be helped must not keep a host from saying so. */
export function reviewHost({
  operation,
  object,
  oldObject,
  subResource,
}: AdmissionRequest<BareMetalHost>): AdmissionVerdict {
  if (object === null || object === undefined || (subResource ?? '') !== '') return {};
  // A host that is on its way out must be let go even if it would not be let in.
  if (object.metadata.deletionTimestamp !== undefined) return {};
  const problems =
    operation === 'UPDATE' && oldObject ? hostUpdateViolations(oldObject, object) : hostViolations(object);
  return { problems };
}

/** @param namespaces those whose hosts are looked at; empty for all */
async function registerWebhook(
  client: KubeClient,
  name: string,
  url: string,
  namespaces: readonly string[],
): Promise<void> {
  const { group, version, plural } = bareMetalHost;
  const webhooks = [
    {
      name: `${plural}.${group}`,
      clientConfig: { url: `${url}${webhookPath('validate', bareMetalHost)}` },
      rules: [{ operations: ['CREATE', 'UPDATE'], apiGroups: [group], apiVersions: [version], resources: [plural] }],
      sideEffects: 'None',
      admissionReviewVersions: ['v1'],
      failurePolicy: 'Fail' as const,
      ...(namespaces.length > 0 && { namespaceSelector: onlyIn(namespaces) }),
    },
  ];
  const present = await client.find(validatingWebhookConfiguration, { name });
  if (present === undefined) {
    await client.create(validatingWebhookConfiguration, { metadata: { name }, webhooks });
    return;
  }
  // Writing the list anew takes the authority out of it for a moment, in which every write of a host would be refused.
  const [before, after] = [present.webhooks?.[0], webhooks[0]];
  const sameScope = sameJson(before?.['namespaceSelector'] ?? {}, after?.['namespaceSelector'] ?? {});
  if (before?.clientConfig.url === after?.clientConfig.url && sameScope) return;
  await client.patch(validatingWebhookConfiguration, { name }, { type: 'merge', body: { webhooks } });
}

function onlyIn(values: readonly string[]): object {
  return { matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'In', values }] };
}
