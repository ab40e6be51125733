import { formatKey, node, type Log } from '@metal3/kube-client';
import type { WorkloadClusters } from '../../workload/clusters.ts';
import type { WorkloadNodes } from '../ports.ts';

/** Label that cloud-init puts on a Node: the UID of the BareMetalHost it runs on. */
const hostUidLabel = 'metal3.io/uuid';
const answerWithinMs = 10_000;

/** Nodes of workload clusters. */
export function clusterWorkloadNodes(clusters: WorkloadClusters, log: Log): WorkloadNodes {
  return {
    async find(cluster, host, providerId) {
      const client = await clusters.connect(cluster);
      if (client === undefined) return undefined;
      try {
        const { items } = await client.list(node, { signal: AbortSignal.timeout(answerWithinMs) });
        return items
          .filter(
            ({ metadata, spec }) =>
              spec.providerID === providerId || metadata.labels?.[hostUidLabel] === host.metadata.uid,
          )
          .map(({ metadata, spec }) => ({ name: metadata.name ?? '', providerId: spec.providerID || undefined }));
      } catch (err) {
        log.warn({ cluster: formatKey(cluster), err }, 'the workload cluster does not answer; asking again later');
        return undefined;
      }
    },
    async setProviderId(cluster, name, providerId) {
      const client = await clusters.connect(cluster);
      await client?.patch(node, { name }, { type: 'merge', body: { spec: { providerID: providerId } } });
    },
  };
}
