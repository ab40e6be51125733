import type { ObjectKey } from '@metal3/kube-client';
import { keyOf } from '@metal3/kube-client';
import type { Source } from '@metal3/kube-controller';
import type { Loaded } from '../claim/sources.ts';
import type { Clusters } from '../cluster-api/ports.ts';
import type { Ledgers } from '../ledger/ledgers.ts';
import type { AddressBook } from '../register/ports.ts';
import type { Pools } from './ports.ts';

export interface PoolSourceParts {
  readonly pools: Pools;
  readonly clusters: Clusters;
  readonly addresses: readonly AddressBook[];
  readonly ledgers: Pick<Ledgers, 'onLetGo'>;
  readonly loaded: Loaded;
}

/** Everything that may give a pool something to do or to tell: itself, its Cluster, an address that comes or goes. */
export function poolSource({ pools, clusters, addresses, ledgers, loaded }: PoolSourceParts): Source {
  return {
    async ready(signal) {
      await Promise.all(loaded.map((one) => one.whenSynced(signal)));
    },
    start(enqueue, signal) {
      const stops = [
        pools.onChange(({ key }) => enqueue(key)),
        clusters.onChange((cluster) => {
          for (const key of poolsOf(cluster, pools)) enqueue(key);
        }),
        ...addresses.map((book) =>
          book.onChange(({ before, after }) => {
            const appeared = before === undefined || after === undefined ? (after ?? before) : undefined;
            if (appeared !== undefined) enqueue(appeared.pool);
          }),
        ),
        // A pool on its way out waits for the claims that are under way, too.
        ledgers.onLetGo((pool) => {
          if (pools.find(pool)?.metadata.deletionTimestamp !== undefined) enqueue(pool);
        }),
      ];
      signal.addEventListener('abort', () => stops.forEach((stop) => stop()), { once: true });
      for (const pool of pools.list()) enqueue(keyOf(pool));
    },
  };
}

/** The pools that name this Cluster. */
export function* poolsOf(cluster: ObjectKey, pools: Pools): Generator<ObjectKey> {
  for (const pool of pools.list()) {
    if (pool.metadata.namespace === cluster.namespace && pool.spec.clusterName === cluster.name) yield keyOf(pool);
  }
}
