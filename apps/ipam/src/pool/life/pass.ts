import type { KubeClient } from '@metal3/kube-client';
import {
  addFinalizer,
  patchSession,
  type Reconcile,
  removeFinalizer,
  setOwnerReference,
} from '@metal3/kube-controller';
import { type IPPool, ipPool } from '@metal3/metal3-api';
import type { ClusterSummary, Clusters } from '../../cluster-api/ports.ts';
import { clusterNameLabel } from '../../cluster-api/kinds.ts';
import type { Ledgers } from '../../ledger/ledgers.ts';
import type { AddressRegister } from '../../register/ports.ts';
import type { Pools } from '../ports.ts';
import { clusterOf, standingOf } from '../standing/observe.ts';
import { poolFinalizer } from '../standing/decide.ts';

export interface PoolLifeParts {
  readonly client: KubeClient;
  readonly pools: Pools;
  readonly clusters: Clusters;
  readonly register: Pick<AddressRegister, 'ofPool'>;
  readonly ledgers: Ledgers;
}

/** What a pool itself needs: our finalizer while it has addresses, and the marks by which `clusterctl move` finds it. */
export function poolLifePass(parts: PoolLifeParts): Reconcile {
  const { client, pools, clusters, register, ledgers } = parts;
  return async (key, { signal, log }) => {
    const pool = pools.find(key);
    const standing = standingOf(pool, parts);
    if (pool === undefined || standing.kind === 'paused') return;
    if (standing.kind === 'not-ready' && standing.missing !== 'finalizer') return;

    // Without the status, which is another pass's and grows with the addresses: a session copies what it is opened on.
    const { status: _reported, ...own } = pool;
    const session = patchSession<IPPool>(client, ipPool, own);
    if (standing.kind !== 'deleting') prepare(session.draft, clusterOf(pool, clusters));
    else if (isEmpty(register.ofPool(key)) && ledgers.of(key).holds === 0) {
      log.info({ pool: key }, 'the last address is back: the pool may go');
      removeFinalizer(session.draft, poolFinalizer);
    }
    await session.save({ signal });
  };
}

function prepare(draft: IPPool, cluster: ClusterSummary | undefined): void {
  addFinalizer(draft, poolFinalizer);
  if (cluster === undefined) return;
  draft.metadata.labels = {
    ...draft.metadata.labels,
    [clusterNameLabel]: cluster.name,
    'cluster.x-k8s.io/provider': 'ipam-metal3',
  };
  const { apiVersion, name, uid } = cluster;
  setOwnerReference(draft, { apiVersion, kind: 'Cluster', name, uid });
}

function isEmpty(things: Iterable<unknown>): boolean {
  for (const _thing of things) return false;
  return true;
}
