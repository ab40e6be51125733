import { formatKey, keyOf, type KubeObject } from '@metal3/kube-client';
import type { Cache } from './cache.ts';

/** What a reader that follows something is told: all there is, that this was all, then what happens to it. */
export type News<T> =
  { readonly kind: 'snapshot' | 'changed' | 'deleted'; readonly object: T } | { readonly kind: 'synced' };

export type CacheNews<T extends KubeObject> = News<T>;

/** What can be followed: a cache, or several together. */
export interface Followed<T> {
  whenSynced(signal: AbortSignal): Promise<unknown>;
  list(): Iterable<T>;
  /** Calls back with each change; answers the way to stop that. */
  onChange(listener: (change: { readonly before?: T | undefined; readonly after?: T | undefined }) => void): () => void;
}

/**
 * List and watch, for streams to clients. What has happened to one object since the reader last read is told as one, so that a slow reader
 * costs no more memory than there are objects. Ends when the signal aborts.
 *
 * @param idOf a text that only this object has
 */
export async function* follow<T>(
  source: Followed<T>,
  idOf: (object: T) => string,
  wanted: (object: T) => boolean,
  signal: AbortSignal,
): AsyncGenerator<News<T>> {
  await source.whenSynced(signal);
  const waiting = new Map<string, News<T>>();
  let wake = Promise.withResolvers<void>();
  const stop = source.onChange(({ before, after }) => {
    const is = after !== undefined && wanted(after);
    const was = before !== undefined && wanted(before);
    if (!is && !was) return;
    const object = after ?? before;
    if (object === undefined) return;
    waiting.set(idOf(object), { kind: is ? 'changed' : 'deleted', object });
    wake.resolve();
  });
  const aborted = (): void => wake.resolve();
  signal.addEventListener('abort', aborted, { once: true });
  try {
    for (const object of source.list()) if (wanted(object)) yield { kind: 'snapshot', object };
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

/** The same for one cache. */
export function followCache<T extends KubeObject>(
  cache: Cache<T>,
  wanted: (object: T) => boolean,
  signal: AbortSignal,
): AsyncGenerator<CacheNews<T>> {
  return follow<T>(cache, (object) => formatKey(keyOf(object)), wanted, signal);
}
