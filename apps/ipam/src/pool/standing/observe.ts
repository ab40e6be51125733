import type { IPPool } from '@metal3/metal3-api';
import type { ClusterSummary, Clusters } from '../../cluster-api/ports.ts';
import type { Pools } from '../ports.ts';
import { type ClusterObservation, decideStanding, type PoolStanding } from './decide.ts';

export interface StandingEyes {
  readonly pools: Pick<Pools, 'selective'>;
  readonly clusters: Clusters;
}

/** Whether a pool may be worked on now. */
export function standingOf(pool: IPPool | undefined, { pools, clusters }: StandingEyes): PoolStanding {
  if (pool === undefined && pools.selective) {
    return { kind: 'not-ready', missing: 'pool', why: 'the pool is not one of those that this instance serves' };
  }
  return decideStanding(pool, observeCluster(pool?.metadata.namespace, pool?.spec.clusterName, clusters));
}

/** The Cluster that a pool names, if it is there. */
export function clusterOf({ metadata, spec }: IPPool, clusters: Clusters): ClusterSummary | undefined {
  const { clusterName } = spec;
  return clusterName === undefined ? undefined : clusters.find({ namespace: metadata.namespace, name: clusterName });
}

export function observeCluster(
  namespace: string | undefined,
  name: string | undefined,
  clusters: Clusters,
): ClusterObservation {
  if (name === undefined) return 'none';
  return clusters.find({ namespace, name }) ?? 'missing';
}
