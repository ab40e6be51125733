import type { KubeClient } from '@metal3/kube-client';
import { patchSession, setClusterApiCondition, setCondition, type Cache } from '@metal3/kube-controller';
import type { BareMetalHost, Metal3Machine } from '@metal3/metal3-api';
import { machine as machineKind, type Cluster, type Machine } from '../../cluster-api/kinds.ts';
import { kubernetesHostBook } from '../../machine/adapters/kubernetes.ts';
import type { RemediationPorts, RemediationWorld } from '../ports.ts';

/** What exists around remediations, from the caches. */
export function cachedRemediationWorld(caches: {
  readonly machines: Cache<Machine>;
  readonly clusters: Cache<Cluster>;
  readonly metal3Machines: Cache<Metal3Machine>;
  readonly hosts: Cache<BareMetalHost>;
}): RemediationWorld {
  return {
    findMachine: (key) => caches.machines.find(key),
    findCluster: (key) => caches.clusters.find(key),
    findMetal3Machine: (key) => caches.metal3Machines.find(key),
    hostsOf: (namespace) => caches.hosts.list({ namespace }),
  };
}

/** Writes to hosts and Machines. */
export function kubernetesRemedies(
  client: KubeClient,
  now: () => number,
): Pick<RemediationPorts, 'annotateHost' | 'giveUpMachine'> {
  const hosts = kubernetesHostBook(client);
  return {
    async annotateHost(host, annotation, value) {
      if ((host.metadata.annotations?.[annotation] ?? null) === value) return;
      await hosts.change(host, { metadata: { annotations: { [annotation]: value } } });
    },
    async giveUpMachine(machine, message) {
      const finding = { type: 'OwnerRemediated', status: 'False', reason: 'WaitingForRemediation', message } as const;
      const session = patchSession(client, machineKind, machine);
      const status = (session.draft.status ??= {});
      status.conditions = setCondition(status.conditions, finding, now());
      const legacy = ((status.deprecated ??= {}).v1beta1 ??= {});
      legacy.conditions = setClusterApiCondition(legacy.conditions, { ...finding, severity: 'Warning' }, now());
      // Cluster API writes these lists, too.
      await session.save({ precondition: true });
    },
  };
}
