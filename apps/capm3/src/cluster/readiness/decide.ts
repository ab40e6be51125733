import type { Metal3Cluster } from '@metal3/metal3-api';
import { isPaused, managedByAnnotation, type Cluster } from '../../cluster-api/kinds.ts';

export interface ClusterObservation {
  readonly metal3Cluster: Metal3Cluster;
  readonly cluster: Cluster | undefined;
  /** Names of the Machines that still belong to the cluster. */
  readonly machines: readonly string[];
}

export type ClusterDecision =
  | { readonly kind: 'ignore'; readonly why: string }
  | { readonly kind: 'paused' }
  | { readonly kind: 'ready' }
  | { readonly kind: 'invalid'; readonly message: string }
  | { readonly kind: 'wait-for-machines'; readonly message: string }
  | { readonly kind: 'gone' };

/** What to do with a Metal3Cluster: ready as soon as it says where its control plane answers. */
export function decideCluster({ metal3Cluster, cluster, machines }: ClusterObservation): ClusterDecision {
  const { metadata, spec } = metal3Cluster;
  if (metadata.annotations?.[managedByAnnotation] !== undefined) {
    return { kind: 'ignore', why: `managed by ${metadata.annotations[managedByAnnotation]}` };
  }
  if (isPaused(metal3Cluster, cluster)) return { kind: 'paused' };
  if (metadata.deletionTimestamp !== undefined) {
    return machines.length === 0
      ? { kind: 'gone' }
      : {
          kind: 'wait-for-machines',
          message: `waiting for ${machines.length} machines to be deleted: ${machines.slice(0, 3).join(', ')}`,
        };
  }
  if (cluster === undefined) return { kind: 'ignore', why: 'no Cluster owns it yet' };
  if (!spec.controlPlaneEndpoint?.host)
    return { kind: 'invalid', message: 'spec.controlPlaneEndpoint.host must be set' };
  if (!spec.controlPlaneEndpoint.port)
    return { kind: 'invalid', message: 'spec.controlPlaneEndpoint.port must be set' };
  return { kind: 'ready' };
}
