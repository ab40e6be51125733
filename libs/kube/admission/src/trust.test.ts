import { expect, test } from '@jest/globals';
import {
  customResourceDefinition,
  type Kind,
  type KubeClient,
  type KubeObject,
  type ObjectKey,
  type Patch,
} from '@metal3/kube-client';
import { memoryKubernetes } from '@metal3/kube-testing';
import { trustAuthority } from './trust.ts';

const name = 'metal3machines.infrastructure.cluster.x-k8s.io';
const target = { kind: 'conversion', name } as const;
const bundle = '-----BEGIN CERTIFICATE-----';
const caBundle = Buffer.from(bundle).toString('base64');

async function clusterWithConversion(): Promise<KubeClient> {
  const client = memoryKubernetes();
  await client.create(customResourceDefinition, {
    metadata: { name },
    spec: {
      group: 'infrastructure.cluster.x-k8s.io',
      names: { kind: 'Metal3Machine', plural: 'metal3machines' },
      versions: [{ name: 'v1beta2', served: true, storage: true }],
      conversion: {
        strategy: 'Webhook',
        webhook: { conversionReviewVersions: ['v1'], clientConfig: { url: 'https://127.0.0.1:9443/convert' } },
      },
    },
  });
  return client;
}

/** A client before whose first patches somebody else writes the object. */
function interrupted(client: KubeClient, times: number): KubeClient {
  let left = times;
  return {
    ...client,
    async patch<T extends KubeObject>(kind: Kind<T>, key: ObjectKey, patch: Patch): Promise<T> {
      if (left-- > 0) {
        await client.patch(kind, key, { type: 'merge', body: { metadata: { annotations: { seen: String(left) } } } });
      }
      return client.patch(kind, key, patch);
    },
  };
}

const trusted = async (client: KubeClient) =>
  (await client.get(customResourceDefinition, { name })).spec.conversion?.webhook?.clientConfig.caBundle;

test('the authority is trusted although others write the object meanwhile', async () => {
  const client = await clusterWithConversion();
  await trustAuthority(interrupted(client, 3), target, bundle);
  expect(await trusted(client)).toBe(caBundle);
});

test('who writes without end is told of', async () => {
  const client = await clusterWithConversion();
  const outcome = trustAuthority(interrupted(client, 1_000), target, bundle);
  await expect(outcome).rejects.toMatchObject({ code: 'Conflict' });
});
