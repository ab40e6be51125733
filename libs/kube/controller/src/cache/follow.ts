import { formatKey, type KubeObject } from '@metal3/kube-client';
import type { Cache } from './cache.ts';

/** What a reader that follows a cache is told: all objects, that these were all, then what happens to them. */
export type CacheNews<T extends KubeObject> =
  { readonly kind: 'snapshot' | 'changed' | 'deleted'; readonly object: T } | { readonly kind: 'synced' };

/**
 * List and watch over a cache, for streams to clients. What has happened to one object since the reader last read is
 * told as one, so that a slow reader costs no more memory than there are objects. Ends when the signal aborts.
 */
export async function* followCache<T extends KubeObject>(
  cache: Cache<T>,
  wanted: (object: T) => boolean,
  signal: AbortSignal,
): AsyncGenerator<CacheNews<T>> {
  await cache.whenSynced(signal);
  const waiting = new Map<string, CacheNews<T>>();
  let wake = Promise.withResolvers<void>();
  const stop = cache.onChange(({ key, before, after }) => {
    const is = after !== undefined && wanted(after);
    const was = before !== undefined && wanted(before);
    if (!is && !was) return;
    const object = after ?? before;
    if (object === undefined) return;
    waiting.set(formatKey(key), { kind: is ? 'changed' : 'deleted', object });
    wake.resolve();
  });
  const aborted = (): void => wake.resolve();
  signal.addEventListener('abort', aborted, { once: true });
  try {
    for (const object of cache.list({ where: wanted })) yield { kind: 'snapshot', object };
    yield { kind: 'synced' };
    while (!signal.aborted) {
      const news = [...waiting.values()];
      waiting.clear();
      wake = Promise.withResolvers<void>();
      yield* news;
      if (waiting.size === 0 && !signal.aborted) await wake.promise;
    }
  } finally {
    stop();
    signal.removeEventListener('abort', aborted);
  }
}
