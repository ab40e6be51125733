import { isKubeError, secret as secretKind, type KubeClient } from '@metal3/kube-client';
import { findOwner, ownerReference } from '@metal3/kube-controller';
import { metal3Machine as metal3MachineKind, type Metal3Data } from '@metal3/metal3-api';
import { clusterNameLabel, ownerName } from '../../cluster-api/kinds.ts';
import { isConsumer } from '../../machine/host-choice/decide.ts';
import type { DataWorld, SecretShelf } from '../ports.ts';
import type { DataCaches } from '../sources.ts';

/** What exists around data, from the caches. */
export function cachedDataWorld(caches: DataCaches): DataWorld {
  return {
    observe(data) {
      const namespace = data.metadata.namespace ?? '';
      const at = (name: string | undefined) => ({ namespace, name: name ?? '' });
      const claim = caches.dataClaims.find(at(data.spec.claim?.name));
      const { group, kind } = metal3MachineKind;
      const owner = claim && findOwner(claim, group, kind)?.name;
      const metal3Machine = owner === undefined ? undefined : caches.metal3Machines.find(at(owner));
      const machine = metal3Machine && caches.machines.find(at(ownerName(metal3Machine.metadata, 'Machine')));
      return {
        data,
        claim,
        metal3Machine,
        machine,
        template: caches.templates.find(at(data.spec.template?.name)),
        cluster: caches.clusters.find(at(machine?.spec.clusterName ?? data.metadata.labels?.[clusterNameLabel])),
        host: metal3Machine && caches.hosts.list({ namespace, where: (host) => isConsumer(host, metal3Machine) })[0],
      };
    },
  };
}

/** Type that upstream gives to rendered Secrets. */
const secretType = 'infrastructure.cluster.x-k8s.io/secret';

export function kubernetesSecretShelf(client: KubeClient): SecretShelf {
  return {
    has: async (namespace, name) => (await client.find(secretKind, { namespace, name })) !== undefined,
    async put(data: Metal3Data, name, key, text) {
      const { namespace = '', labels } = data.metadata;
      const cluster = labels?.[clusterNameLabel];
      try {
        await client.create(secretKind, {
          metadata: {
            name,
            namespace,
            ...(cluster !== undefined && { labels: { [clusterNameLabel]: cluster } }),
            ownerReferences: [ownerReference(data, { controller: true })],
          },
          type: secretType,
          data: { [key]: Buffer.from(text).toString('base64') },
        });
      } catch (error) {
        if (!isKubeError(error, 'AlreadyExists')) throw error;
      }
    },
  };
}
