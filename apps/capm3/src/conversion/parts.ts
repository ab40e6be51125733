import { customResourceDefinition, type KubeClient } from '@metal3/kube-client';
import {
  certificatesInFolder,
  conversionWebhook,
  selfManagedCertificates,
  webhookServer,
} from '@metal3/kube-admission';
import { homeNamespace } from '@metal3/kube-controller';
import type { Part, Service } from '@metal3/service';
import type { Capm3Config } from '../config.ts';
import { convert, convertedKinds } from './convert.ts';

const path = '/convert';
const crdNames = convertedKinds.map(({ plural, group }) => `${plural}.${group}`);

/** The conversion webhook, and what makes the API server use it. Runs on every replica. */
export function conversionParts(config: Capm3Config, client: KubeClient, service: Service): readonly Part[] {
  const { port, host, certDir, names, secretName, register } = config.webhooks;
  if (port === 0) return [];
  const { clock, log } = service;
  const certificates =
    certDir === ''
      ? selfManagedCertificates({
          client,
          secret: { namespace: homeNamespace(config), name: secretName },
          names,
          targets: crdNames.map((name) => ({ kind: 'conversion', name })),
          clock,
          log,
        })
      : certificatesInFolder({ folder: certDir, clock, log });
  const server = webhookServer({ host, port, certificates, webhooks: [conversionWebhook(convert, path)], log });
  const registration: Part = {
    name: 'conversion registration',
    start: () => registerConversion(client, `https://${names[0] ?? host}:${port}${path}`),
    stop: async () => {},
  };
  return register ? [registration, server] : [server];
}

/** Points the CRDs at this process; the certificates add which authority to trust. */
async function registerConversion(client: KubeClient, url: string): Promise<void> {
  for (const name of crdNames) {
    const present = await client.find(customResourceDefinition, { name });
    // Writing it anew would take the authority out of it for a moment.
    if (present === undefined || present.spec.conversion?.webhook?.clientConfig['url'] === url) continue;
    const webhook = { conversionReviewVersions: ['v1'], clientConfig: { url } };
    const body = { spec: { conversion: { strategy: 'Webhook', webhook } } };
    await client.patch(customResourceDefinition, { name }, { type: 'merge', body });
  }
}
