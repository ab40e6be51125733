import { isKubeError, keyOf, type Kind, type KubeClient, type KubeObject } from '@metal3/kube-client';
import type { Cache } from '@metal3/kube-controller';
import { bareMetalHost, type BareMetalHost, type Metal3Cluster } from '@metal3/metal3-api';
import type { Cluster, Machine } from '../../cluster-api/kinds.ts';
import type { HostBook, MachineWorld } from '../ports.ts';

const secret: Kind<KubeObject> = { group: '', version: 'v1', kind: 'Secret', plural: 'secrets', namespaced: true };

/** What exists around machines, from the caches. */
export function cachedWorld(caches: {
  readonly machines: Cache<Machine>;
  readonly clusters: Cache<Cluster>;
  readonly metal3Clusters: Cache<Metal3Cluster>;
  readonly hosts: Cache<BareMetalHost>;
}): MachineWorld {
  return {
    findMachine: (key) => caches.machines.find(key),
    findCluster: (key) => caches.clusters.find(key),
    findMetal3Cluster: (key) => caches.metal3Clusters.find(key),
    hostsOf: (namespace) => caches.hosts.list({ namespace }),
  };
}

/** Writes hosts with the resourceVersion they were read with: of two claims, one loses. */
export function kubernetesHostBook(client: KubeClient): HostBook {
  return {
    change(host, patch) {
      const metadata = { ...patch.metadata, resourceVersion: host.metadata.resourceVersion };
      return client.patch(bareMetalHost, keyOf(host), { type: 'merge', body: { ...patch, metadata } });
    },
    async labelCredentials(host, label, value) {
      const name = host.spec.bmc?.credentialsName;
      if (name === undefined || name === '') return;
      try {
        const body = { metadata: { labels: { [label]: value } } };
        await client.patch(secret, { namespace: host.metadata.namespace, name }, { type: 'merge', body });
      } catch (error) {
        if (!isKubeError(error, 'NotFound')) throw error;
      }
    },
  };
}
