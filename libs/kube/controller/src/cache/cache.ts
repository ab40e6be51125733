import type { CallOptions, Kind, KubeClient, KubeObject, ObjectKey } from '@metal3/kube-client';

/** What a cache saw happen to one object. `before` is absent when it appeared, `after` when it went. */
export interface CacheChange<T extends KubeObject> {
  readonly key: ObjectKey;
  readonly before: T | undefined;
  readonly after: T | undefined;
}

export interface CacheOptions<T extends KubeObject> {
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  /** Named lookups: each tells the values under which an object is found by `byIndex`. */
  readonly indexes?: Readonly<Record<string, (object: T) => readonly string[]>>;
  /**
   * The kind may not be installed, now or ever: the process is ready without it, and the cache fills as soon as the kind is there.
   * Controllers that watch it still wait, unless their source is `withoutWaiting`.
   */
  readonly optional?: boolean;
  /** Drops what nobody reads, to save memory. managedFields always go. Never drop what a patch session compares. */
  readonly trim?: (object: T) => T;
}

/**
 * The objects of one kind, kept up to date by a watch, with this process's own writes laid over it until the watch
 * has caught up: after a write through the same CachedClient, reads never show anything older than that write.
 * Objects are shared: do not change them (a patch session works on a copy).
 */
export interface Cache<T extends KubeObject> {
  readonly kind: Kind<T>;
  /** True once the first list has been loaded. */
  readonly synced: boolean;
  /** @throws KubeError NotFound */
  get(key: ObjectKey): T;
  find(key: ObjectKey): T | undefined;
  list(options?: { readonly namespace?: string | undefined; readonly where?: (object: T) => boolean }): T[];
  /** @throws TypeError for an index that was not declared */
  byIndex(index: string, value: string): T[];
  /** Calls back after each change, own writes included; answers the way to stop that. */
  onChange(listener: (change: CacheChange<T>) => void): () => void;
  whenSynced(signal?: AbortSignal): Promise<void>;
}

/** A client whose writes show at once in the caches that it made. Reads by get/list/watch still ask the server. */
export interface CachedClient extends KubeClient {
  /** The same kind and options text give the same cache only if it is kept: make each cache once, in main.ts. */
  cache<T extends KubeObject>(kind: Kind<T>, options?: CacheOptions<T>): Cache<T>;
  /** Lists and watches for all caches until the signal aborts. Never fails: it tries again, with back-off. */
  run(signal: AbortSignal): Promise<void>;
  /** Resolves once every cache made so far is loaded. */
  whenSynced(options?: CallOptions): Promise<void>;
}
