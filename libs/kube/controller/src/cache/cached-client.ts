import {
  type CallOptions,
  type Clock,
  type DeleteOptions,
  formatKey,
  type Kind,
  type KubeClient,
  KubeError,
  type KubeObject,
  keyOf,
  type Log,
  type ObjectKey,
  parseLabelSelector,
  silentLog,
} from '@metal3/kube-client';
import type { Cache, CacheChange, CachedClient, CacheOptions } from './cache.ts';
import { runInformer } from './informer.ts';
import { NewestWins } from './store.ts';

/** Gives a client caches that know its own writes at once. Make the caches, then `run` it. */
export function cachedClient(
  client: KubeClient,
  { clock, log = silentLog }: { readonly clock: Clock; readonly log?: Log },
): CachedClient {
  const caches: LiveCache<KubeObject>[] = [];
  const running: { signal: AbortSignal; join: (task: Promise<void>) => void }[] = [];

  const wrote = <T extends KubeObject>(kind: Kind<T>, object: T): T => {
    for (const cache of caches) if (sameKind(cache.kind, kind)) cache.wrote(object);
    return object;
  };

  return {
    get: (kind, key, options) => client.get(kind, key, options),
    find: (kind, key, options) => client.find(kind, key, options),
    list: (kind, options) => client.list(kind, options),
    watch: (kind, options) => client.watch(kind, options),
    create: async (kind, object, options) =>
      options?.dryRun ? client.create(kind, object, options) : wrote(kind, await client.create(kind, object, options)),
    replace: async (kind, object, options) =>
      options?.dryRun
        ? client.replace(kind, object, options)
        : wrote(kind, await client.replace(kind, object, options)),
    patch: async (kind, key, patch, options) =>
      options?.dryRun
        ? client.patch(kind, key, patch, options)
        : wrote(kind, await client.patch(kind, key, patch, options)),
    patchStatus: async (kind, key, patch, options) =>
      options?.dryRun
        ? client.patchStatus(kind, key, patch, options)
        : wrote(kind, await client.patchStatus(kind, key, patch, options)),
    async delete<T extends KubeObject>(kind: Kind<T>, key: ObjectKey, options?: DeleteOptions) {
      // Which object the call will meet is only known by its uid; without one, a younger namesake must not be hidden.
      const known = new Map(caches.map((cache) => [cache, cache.find(key)?.metadata.uid]));
      const left = await client.delete(kind, key, options);
      if (options?.dryRun === true) return left;
      if (left !== undefined) return wrote(kind, left);
      for (const [cache, uid] of known) {
        if (sameKind(cache.kind, kind)) cache.deleted(key, options?.preconditions?.uid ?? uid);
      }
      return undefined;
    },
    cache<T extends KubeObject>(kind: Kind<T>, options: CacheOptions<T> = {}): Cache<T> {
      const cache = new LiveCache(kind, options);
      caches.push(cache as unknown as LiveCache<KubeObject>);
      for (const { signal, join } of running) join(cache.run(client, clock, log, signal));
      return cache;
    },
    async run(signal) {
      const tasks = new Set<Promise<void>>();
      const join = (task: Promise<void>): void => {
        const tracked = task.finally(() => tasks.delete(tracked));
        tasks.add(tracked);
      };
      running.push({ signal, join });
      for (const cache of caches) join(cache.run(client, clock, log, signal));
      await new Promise<void>((resolve) => {
        if (signal.aborted) resolve();
        else signal.addEventListener('abort', () => resolve(), { once: true });
      });
      running.splice(
        running.findIndex((run) => run.signal === signal),
        1,
      );
      await Promise.all(tasks);
    },
    async whenSynced({ signal }: CallOptions = {}) {
      await Promise.all(caches.filter(({ optional }) => !optional).map((cache) => cache.whenSynced(signal)));
    },
  };
}

class LiveCache<T extends KubeObject> implements Cache<T> {
  readonly kind: Kind<T>;
  readonly #options: CacheOptions<T>;
  readonly #selects: (object: T) => boolean;
  readonly #store: NewestWins<T>;
  readonly #listeners = new Set<(change: CacheChange<T>) => void>();
  readonly #firstSync = Promise.withResolvers<void>();
  #synced = false;

  constructor(kind: Kind<T>, options: CacheOptions<T>) {
    this.kind = kind;
    this.#options = options;
    const labels = parseLabelSelector(options.labelSelector);
    this.#selects = ({ metadata }) =>
      (options.namespace === undefined || metadata.namespace === options.namespace) && labels(metadata.labels);
    this.#store = new NewestWins(options.indexes ?? {}, (change) => {
      for (const listener of this.#listeners) listener(change);
    });
  }

  get synced(): boolean {
    return this.#synced;
  }

  get optional(): boolean {
    return this.#options.optional === true;
  }

  get(key: ObjectKey): T {
    const object = this.find(key);
    if (object !== undefined) return object;
    throw new KubeError('NotFound', `${this.kind.kind} ${formatKey(key)} is not there`, { status: 404 });
  }

  find(key: ObjectKey): T | undefined {
    return this.#store.find(key);
  }

  list({ namespace, where }: { namespace?: string | undefined; where?: (object: T) => boolean } = {}): T[] {
    const found: T[] = [];
    for (const object of this.#store.values()) {
      if (namespace !== undefined && object.metadata.namespace !== namespace) continue;
      if (where === undefined || where(object)) found.push(object);
    }
    return found;
  }

  byIndex(index: string, value: string): T[] {
    return this.#store.byIndex(index, value);
  }

  onChange(listener: (change: CacheChange<T>) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  whenSynced(signal?: AbortSignal): Promise<void> {
    if (this.#synced || signal === undefined) return this.#firstSync.promise;
    return new Promise((resolve, reject) => {
      const abort = (): void => reject(signal.reason);
      if (signal.aborted) return abort();
      signal.addEventListener('abort', abort, { once: true });
      void this.#firstSync.promise.then(() => {
        signal.removeEventListener('abort', abort);
        resolve();
      });
    });
  }

  /** Lays a write of this process over what the watch has brought so far. */
  wrote(object: T): void {
    // Before the first list there is nothing to overlay: the list is read after the write and holds it.
    const key = keyOf(object);
    const { deletionTimestamp, finalizers, uid, resourceVersion } = object.metadata;
    if (deletionTimestamp !== undefined && (finalizers ?? []).length === 0) this.deleted(key, uid);
    else if (!this.#selects(object)) this.#store.bury(key, uid, resourceVersion ?? 'ever');
    else if (this.#options.fieldSelector === undefined || this.find(key) !== undefined)
      this.#store.putOwn(this.#trim(object));
  }

  deleted(key: ObjectKey, uid: string | undefined): void {
    this.#store.bury(key, uid, 'ever');
  }

  run(client: KubeClient, clock: Clock, log: Log, signal: AbortSignal): Promise<void> {
    const { namespace, labelSelector, fieldSelector, optional = false } = this.#options;
    const sink = {
      listed: (objects: T[], resourceVersion: string, forgetful: boolean): void => {
        this.#store.replaceAll(
          objects.map((object) => this.#trim(object)),
          resourceVersion,
          forgetful,
        );
        this.#synced = true;
        this.#firstSync.resolve();
      },
      changed: (object: T): void => this.#store.put(this.#trim(object)),
      removed: (object: T): void => this.#store.remove(object),
    };
    return runInformer(
      { client, kind: this.kind, selection: { namespace, labelSelector, fieldSelector }, optional, clock, log, sink },
      signal,
    );
  }

  #trim(object: T): T {
    const thin = object.metadata.managedFields === undefined ? object : { ...object, metadata: { ...object.metadata } };
    delete thin.metadata.managedFields;
    return this.#options.trim?.(thin) ?? thin;
  }
}

function sameKind(a: Kind, b: Kind): boolean {
  return a.plural === b.plural && a.group === b.group;
}
