import type { ObjectKey } from '@metal3/kube-client';
import { changesOf, relatedTo, type Source } from '@metal3/kube-controller';
import { clusterNameLabel } from '../cluster-api/kinds.ts';
import type { ClusterPorts } from './controller.ts';

/** What makes a Metal3Cluster worth another look. */
export function clusterSources({ metal3Clusters, clusters, machines }: ClusterPorts): readonly Source[] {
  const ownedBy = (namespace: string | undefined, cluster: string | undefined): ObjectKey[] => {
    const infrastructure =
      cluster === undefined ? undefined : clusters.find({ namespace, name: cluster })?.spec.infrastructureRef;
    return infrastructure?.kind === 'Metal3Cluster' ? [{ namespace, name: infrastructure.name }] : [];
  };
  return [
    changesOf(metal3Clusters),
    relatedTo(clusters, ({ key }) => ownedBy(key.namespace, key.name)),
    // The last Machine that goes lets a deleted cluster go.
    relatedTo(machines, ({ key, before, after }) =>
      after === undefined ? ownedBy(key.namespace, before?.metadata.labels?.[clusterNameLabel]) : [],
    ),
  ];
}
