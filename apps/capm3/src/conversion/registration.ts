import { customResourceDefinition, type KubeClient } from '@metal3/kube-client';
import { convertedKinds } from './convert.ts';

export const conversionPath = '/convert';
export const convertedCrds = convertedKinds.map(({ plural, group }) => `${plural}.${group}`);

/** Points the CRDs at this process; the certificates add which authority to trust. */
export async function registerConversion(client: KubeClient, url: string): Promise<void> {
  for (const name of convertedCrds) {
    const present = await client.find(customResourceDefinition, { name });
    // Writing it anew would take the authority out of it for a moment.
    if (present === undefined || present.spec.conversion?.webhook?.clientConfig['url'] === url) continue;
    const webhook = { conversionReviewVersions: ['v1'], clientConfig: { url } };
    const body = { spec: { conversion: { strategy: 'Webhook', webhook } } };
    await client.patch(customResourceDefinition, { name }, { type: 'merge', body });
  }
}
