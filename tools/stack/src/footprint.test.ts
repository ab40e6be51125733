import { beforeEach, expect, test } from '@jest/globals';
import {
  customResourceDefinition,
  type Kind,
  type KubeClient,
  type KubeObject,
  type NewObject,
} from '@metal3/kube-client';
import { memoryKubernetes } from '@metal3/kube-testing';
import { leaveFootprint } from './footprint.ts';

const kindOf = (kind: string, group = ''): Kind => ({
  group,
  version: 'v1',
  kind,
  plural: `${kind.toLowerCase()}s`,
  namespaced: kind !== 'Namespace',
});
const [secret, gadget, namespaceKind] = [kindOf('Secret'), kindOf('Gadget', 'example.org'), kindOf('Namespace')];
const lease = kindOf('Lease', 'coordination.k8s.io');
const namespace = 'metal3';

let cluster: KubeClient;
beforeEach(() => {
  cluster = memoryKubernetes();
});

const apply = (client: KubeClient, kind: Kind, name: string, body: object = {}) => {
  const apiVersion = kind.group === '' ? kind.version : `${kind.group}/${kind.version}`;
  const metadata = { name, ...(kind.namespaced ? { namespace } : {}) };
  const object = { apiVersion, kind: kind.kind, metadata, ...body };
  return client.patch(kind, metadata, { type: 'apply', body: object, fieldManager: 'test', force: true });
};
const namesOf = async (kind: Kind) => (await cluster.list(kind)).items.map(({ metadata }) => metadata.name);
const definition = {
  spec: {
    group: gadget.group,
    names: { kind: gadget.kind, plural: gadget.plural },
    scope: 'Namespaced',
    versions: [{ name: 'v1', served: true, storage: true }],
  },
};
const soon = { timeoutMs: 0 };

test('what was made is deleted; what was there before, and what others make, stays', async () => {
  await apply(cluster, secret, 'theirs');
  const { client, takeBack, size } = await leaveFootprint(cluster, namespace);
  await apply(client, secret, 'theirs', { data: { ours: 'eA==' } });
  await apply(client, secret, 'ours');
  await client.create(secret, { metadata: { namespace, name: 'created' } } as NewObject<KubeObject>);
  await apply(cluster, secret, 'later');
  expect(size()).toBe(2);

  await takeBack(soon);
  expect(await namesOf(secret)).toEqual(['later', 'theirs']);
});

test('what holds on to its finalizer is named', async () => {
  const { client, takeBack } = await leaveFootprint(cluster, namespace);
  await apply(client, secret, 'held', { metadata: { name: 'held', namespace, finalizers: ['example.org/hold'] } });
  await expect(takeBack(soon)).rejects.toThrow('still being deleted in your cluster: Secret metal3/held');
});

test('the namespace, the Leases that were given up and the kinds go last; each only if it came with this run', async () => {
  await apply(cluster, namespaceKind, 'other');
  await apply(cluster, lease, 'of-before');
  const { client, clearAway } = await leaveFootprint(cluster, namespace);
  await apply(client, customResourceDefinition, 'gadgets.example.org', definition);
  await client.create(namespaceKind, { metadata: { name: namespace } } as NewObject<KubeObject>);
  await apply(cluster, lease, 'given-up', { spec: { holderIdentity: '' } });
  await apply(cluster, lease, 'of-somebody', { spec: { holderIdentity: 'somebody' } });

  expect(await clearAway(soon)).toEqual([]);
  expect(await namesOf(lease)).toEqual(['of-before', 'of-somebody']);
  expect(await namesOf(namespaceKind)).toEqual(['other']);
  expect(await namesOf(customResourceDefinition)).toEqual([]);
});

test('a kind that was found there, or is used by others, stays', async () => {
  await apply(cluster, customResourceDefinition, 'found.example.org', definition);
  const { client, clearAway } = await leaveFootprint(cluster, namespace);
  await apply(client, customResourceDefinition, 'found.example.org', definition);
  await apply(client, customResourceDefinition, 'gadgets.example.org', definition);
  await apply(cluster, gadget, 'theirs');

  expect(await clearAway(soon)).toEqual(['CustomResourceDefinition gadgets.example.org, which is in use']);
  expect(await namesOf(customResourceDefinition)).toEqual(['found.example.org', 'gadgets.example.org']);
});
