import type { IPPool } from '@metal3/metal3-api';

export const poolFinalizer = 'ippool.ipam.metal3.io';
/** Any value pauses the object that carries it. */
export const pausedAnnotation = 'cluster.x-k8s.io/paused';

/** What is known of a Cluster: none is named, it is not there (yet), or it is. */
export type ClusterObservation = 'none' | 'missing' | { readonly paused: boolean };

/** Whether a pool may be worked on, and its addresses given out. */
export type PoolStanding =
  | { readonly kind: 'absent' }
  /** Nothing is written, addresses are not even taken back. */
  | { readonly kind: 'paused'; readonly why: string }
  /** Addresses are taken back only. */
  | { readonly kind: 'deleting' }
  /** Something that the pool needs first is missing. */
  | { readonly kind: 'not-ready'; readonly missing: 'cluster' | 'finalizer' | 'pool'; readonly why: string }
  | { readonly kind: 'open' };

export function decideStanding(pool: IPPool | undefined, cluster: ClusterObservation): PoolStanding {
  if (pool === undefined) return { kind: 'absent' };
  const { annotations, deletionTimestamp, finalizers, name } = pool.metadata;
  if (annotations?.[pausedAnnotation] !== undefined) return { kind: 'paused', why: `annotation ${pausedAnnotation}` };
  if (typeof cluster === 'object' && cluster.paused) {
    return { kind: 'paused', why: `Cluster ${pool.spec.clusterName} is paused` };
  }
  if (deletionTimestamp !== undefined) return { kind: 'deleting' };
  if (cluster === 'missing') {
    return {
      kind: 'not-ready',
      missing: 'cluster',
      why: `Cluster ${pool.spec.clusterName} of IPPool ${name} is not there`,
    };
  }
  // Without it the pool could go while its first address is being given out.
  if (finalizers?.includes(poolFinalizer) !== true) {
    return { kind: 'not-ready', missing: 'finalizer', why: `IPPool ${name} has no finalizer yet` };
  }
  return { kind: 'open' };
}
