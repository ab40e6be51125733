import type { Kind, KubeObject } from '@metal3/kube-client';
import type { Cache, CachedClient, CacheOptions } from './cache.ts';

/**
 * The objects of a kind in some namespaces only: a watch for each, since a process that may only read those is refused a watch of
 * all, read as if they were one cache.
 *
 * @param namespaces empty for all
 */
export function cacheAcross<T extends KubeObject>(
  client: CachedClient,
  namespaces: readonly string[],
  kind: Kind<T>,
  options: Omit<CacheOptions<T>, 'namespace'> = {},
): Cache<T> {
  const [first, ...others] = namespaces;
  if (first === undefined) return client.cache(kind, options);
  const firstCache = client.cache(kind, { ...options, namespace: first });
  if (others.length === 0) return firstCache;

  const parts = new Map([
    [first, firstCache],
    ...others.map((namespace) => [namespace, client.cache(kind, { ...options, namespace })] as const),
  ]);
  const all = [...parts.values()];
  // What lies elsewhere is in none of them, so any of them answers rightly that it is not there.
  const partOf = (namespace: string | undefined): Cache<T> => parts.get(namespace ?? '') ?? firstCache;
  return {
    kind,
    get synced() {
      return all.every(({ synced }) => synced);
    },
    get: (key) => partOf(key.namespace).get(key),
    find: (key) => partOf(key.namespace).find(key),
    list: (how = {}) =>
      how.namespace === undefined ? all.flatMap((part) => part.list(how)) : partOf(how.namespace).list(how),
    byIndex: (index, value) => all.flatMap((part) => part.byIndex(index, value)),
    onChange(listener) {
      const stops = all.map((part) => part.onChange(listener));
      return () => stops.forEach((stop) => stop());
    },
    async whenSynced(signal) {
      await Promise.all(all.map((part) => part.whenSynced(signal)));
    },
  };
}
