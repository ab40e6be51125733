import type { Cache } from '@metal3/kube-controller';
import type { IPPool } from '@metal3/metal3-api';
import type { Pools } from '../ports.ts';

/** @param selective whether the cache shows only some of the pools */
export function cachedPools(cache: Cache<IPPool>, selective: boolean): Pools {
  return {
    selective,
    find: (key) => cache.find(key),
    list: () => cache.list(),
    onChange: (listener) => cache.onChange(listener),
    whenSynced: (signal) => cache.whenSynced(signal),
  };
}
