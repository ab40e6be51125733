import type { IPPool } from '@metal3/metal3-api';
import type { Clusters } from '../cluster-api/ports.ts';
import type { Pools } from '../pool/ports.ts';
import { poolsOf } from '../pool/sources.ts';
import type { WaitingClaims } from './waiting.ts';

/** Has waiting claims looked at again when their pool, its Cluster or their own changes. (The ledgers see to freed addresses.) */
export function wakeWaitingClaims(waiting: WaitingClaims, pools: Pools, clusters: Clusters): void {
  pools.onChange(({ key, before, after }) => {
    if (mayMatter(before, after)) waiting.poolChanged(key);
  });
  clusters.onChange((cluster) => {
    waiting.clusterChanged(cluster);
    for (const pool of poolsOf(cluster, pools)) waiting.poolChanged(pool);
  });
}

/** Not the status, which changes with every address. */
function mayMatter(before: IPPool | undefined, after: IPPool | undefined): boolean {
  if (before === undefined || after === undefined) return true;
  const [was, is] = [before.metadata, after.metadata];
  return (
    was.generation !== is.generation ||
    was.uid !== is.uid ||
    was.deletionTimestamp !== is.deletionTimestamp ||
    JSON.stringify([was.finalizers, was.annotations]) !== JSON.stringify([is.finalizers, is.annotations])
  );
}
