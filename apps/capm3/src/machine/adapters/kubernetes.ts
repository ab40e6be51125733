import {
  isKubeError,
  unlessGone,
  KubeError,
  keyOf,
  sameJson,
  type JsonPatchOperation,
  type Kind,
  type KubeClient,
  type KubeObject,
} from '@metal3/kube-client';
import type { Cache } from '@metal3/kube-controller';
import {
  bareMetalHost,
  type BareMetalHost,
  type Metal3Cluster,
  type Metal3Data,
  type Metal3DataClaim,
} from '@metal3/metal3-api';
import type { Cluster, Machine } from '../../cluster-api/kinds.ts';
import type { HostPatch } from '../association/host-spec.ts';
import type { HostBook, MachineWorld } from '../ports.ts';

const secret: Kind<KubeObject> = { group: '', version: 'v1', kind: 'Secret', plural: 'secrets', namespaced: true };

/** What exists around machines, from the caches. */
export function cachedWorld(caches: {
  readonly machines: Cache<Machine>;
  readonly clusters: Cache<Cluster>;
  readonly metal3Clusters: Cache<Metal3Cluster>;
  readonly hosts: Cache<BareMetalHost>;
  readonly dataClaims: Cache<Metal3DataClaim>;
  readonly data: Cache<Metal3Data>;
}): MachineWorld {
  return {
    findMachine: (key) => caches.machines.find(key),
    findCluster: (key) => caches.clusters.find(key),
    findMetal3Cluster: (key) => caches.metal3Clusters.find(key),
    hostsOf: (namespace) => caches.hosts.list({ namespace }),
    findDataClaim: (key) => caches.dataClaims.find(key),
    findData: (key) => caches.data.find(key),
  };
}

/** Writes hosts on condition that their consumer has not changed. */
export function kubernetesHostBook(client: KubeClient): HostBook {
  return {
    async change(host, patch) {
      const sameConsumer = { op: 'test', path: '/spec/consumerRef', value: host.spec.consumerRef ?? null } as const;
      const operations = [sameConsumer, ...operationsOf(host, patch)];
      try {
        return await client.patch(bareMetalHost, keyOf(host), { type: 'json', operations });
      } catch (error) {
        // The server answers a failed test and an object that breaks its schema alike.
        if (!isKubeError(error, 'Invalid')) throw error;
        const { metadata, spec } = await client.get(bareMetalHost, keyOf(host));
        if (sameJson(spec.consumerRef, host.spec.consumerRef)) throw error;
        const taker = spec.consumerRef?.name ?? 'nobody';
        throw new KubeError('Conflict', `the consumer of ${metadata.name} is ${taker} by now`, { cause: error });
      }
    },
    async labelCredentials(host, label, value) {
      const name = host.spec.bmc?.credentialsName;
      if (name === undefined || name === '') return;
      const body = { metadata: { labels: { [label]: value } } };
      const key = { namespace: host.metadata.namespace, name };
      await unlessGone(client.patch(secret, key, { type: 'merge', body }));
    },
  };
}

/** A merge patch of labels, annotations and spec as RFC 6902 operations, which can be made to depend on single fields. */
function operationsOf(host: BareMetalHost, { metadata, spec }: HostPatch): JsonPatchOperation[] {
  const maps = (['labels', 'annotations'] as const).flatMap((field) => {
    const operations = fieldOperations(`/metadata/${field}`, host.metadata[field] ?? {}, metadata?.[field] ?? {});
    const missing = operations.length > 0 && host.metadata[field] === undefined;
    return missing ? [{ op: 'add', path: `/metadata/${field}`, value: {} } as const, ...operations] : operations;
  });
  return [...maps, ...fieldOperations('/spec', host.spec, spec ?? {})];
}

function fieldOperations(path: string, present: object, wanted: object): JsonPatchOperation[] {
  return Object.entries(wanted).flatMap(([field, value]): JsonPatchOperation[] => {
    const at = `${path}/${field.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    if (value !== null) return [{ op: 'add', path: at, value }];
    return field in present ? [{ op: 'remove', path: at }] : [];
  });
}
