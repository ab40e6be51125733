import type { IPPool } from '@metal3/metal3-api';

export const poolFinalizer = 'ippool.ipam.metal3.io';
/** Any value pauses the object that carries it. */
export const pausedAnnotation = 'cluster.x-k8s.io/paused';

/** What a pass knows of a pool's cluster: none is named, it is not there (yet), or it is. */
export type ClusterObservation = 'none' | 'missing' | { readonly paused: boolean };

export type PoolDecision =
  | { readonly kind: 'gone' }
  | { readonly kind: 'paused'; readonly why: string }
  | { readonly kind: 'wait-for-cluster' }
  | { readonly kind: 'serve' };

/** Decides whether a pool may be worked on. One that is being deleted is, so that its last claims can go. */
export function decidePool(pool: IPPool | undefined, cluster: ClusterObservation): PoolDecision {
  if (pool === undefined) return { kind: 'gone' };
  if (pool.metadata.annotations?.[pausedAnnotation] !== undefined) {
    return { kind: 'paused', why: `annotation ${pausedAnnotation}` };
  }
  if (cluster === 'missing' && pool.metadata.deletionTimestamp === undefined) return { kind: 'wait-for-cluster' };
  if (typeof cluster === 'object' && cluster.paused) {
    return { kind: 'paused', why: `Cluster ${pool.spec.clusterName}` };
  }
  return { kind: 'serve' };
}
