import { type Kind, KubeError, type KubeObject, type ObjectKey } from '@metal3/kube-client';
import {
  type Cache,
  cacheAcross,
  type CacheChange,
  type CachedClient,
  type CacheOptions,
} from '@metal3/kube-controller';

/**
 * A cache of a kind that may not be installed, and may come later. Empty, and as good as loaded, once it is known that the kind is not
 * served; a cache like any other from the moment it is.
 */
export class LateCache<T extends KubeObject> implements Cache<T> {
  readonly #kind: Kind<T>;
  readonly #open: (kind: Kind<T>) => Cache<T>;
  readonly #listeners = new Set<(change: CacheChange<T>) => void>();
  readonly #known = Promise.withResolvers<void>();
  #cache: Cache<T> | undefined;
  #absent = false;

  /** @param namespaces empty for all */
  constructor(
    client: CachedClient,
    namespaces: readonly string[],
    kind: Kind<T>,
    options: Omit<CacheOptions<T>, 'namespace'> = {},
  ) {
    this.#kind = kind;
    this.#open = (served) => cacheAcross(client, namespaces, served, options);
  }

  /** In the version that is served. */
  get kind(): Kind<T> {
    return this.#cache?.kind ?? this.#kind;
  }

  get served(): boolean {
    return this.#cache !== undefined;
  }

  get synced(): boolean {
    return this.#cache?.synced ?? this.#absent;
  }

  /** It has been looked: the kind is served in this version, or not at all. Once served it stays so. */
  found(version: string | undefined): void {
    if (this.#cache !== undefined) return;
    if (version === undefined) this.#absent = true;
    else {
      this.#cache = this.#open({ ...this.#kind, version });
      this.#cache.onChange((change) => {
        for (const listener of this.#listeners) listener(change);
      });
    }
    this.#known.resolve();
  }

  get(key: ObjectKey): T {
    if (this.#cache !== undefined) return this.#cache.get(key);
    throw new KubeError('NotFound', `${this.#kind.plural}.${this.#kind.group} are not served`, { status: 404 });
  }

  find(key: ObjectKey): T | undefined {
    return this.#cache?.find(key);
  }

  list(options?: { readonly namespace?: string | undefined; readonly where?: (object: T) => boolean }): T[] {
    return this.#cache?.list(options) ?? [];
  }

  byIndex(index: string, value: string): T[] {
    return this.#cache?.byIndex(index, value) ?? [];
  }

  onChange(listener: (change: CacheChange<T>) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async whenSynced(signal?: AbortSignal): Promise<void> {
    const aborted =
      signal &&
      new Promise<never>((_, reject) => {
        if (signal.aborted) reject(signal.reason);
        signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      });
    await (aborted === undefined ? this.#known.promise : Promise.race([this.#known.promise, aborted]));
    await this.#cache?.whenSynced(signal);
  }
}
