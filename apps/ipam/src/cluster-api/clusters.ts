import type { Cache } from '@metal3/kube-controller';
import type { Cluster } from './kinds.ts';
import type { Clusters } from './ports.ts';

export function cachedClusters(cache: Cache<Cluster>): Clusters {
  return {
    find(key) {
      const found = cache.find(key);
      if (found === undefined) return undefined;
      const { name = '', uid = '' } = found.metadata;
      return { apiVersion: found.apiVersion, name, uid, paused: found.spec?.paused ?? false };
    },
    onChange: (listener) =>
      cache.onChange(({ key, before, after }) => {
        const same =
          before !== undefined &&
          after !== undefined &&
          (before.spec?.paused ?? false) === (after.spec?.paused ?? false);
        if (!same) listener(key);
      }),
    whenSynced: (signal) => cache.whenSynced(signal),
  };
}
