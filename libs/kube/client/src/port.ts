import type { KubeObject, Kind, NewObject, ObjectKey } from './object.ts';

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface WriteOptions extends CallOptions {
  /** Recorded in managedFields; the client's user agent if left out. */
  readonly fieldManager?: string;
  /** The server checks and answers, and stores nothing. */
  readonly dryRun?: boolean;
}

export interface ListOptions extends CallOptions {
  /** All namespaces if left out. */
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  /** "0" lets the server answer from its watch cache. */
  readonly resourceVersion?: string | undefined;
  /** Most objects in one answer; `continue` of the answer fetches the next ones. */
  readonly limit?: number | undefined;
  readonly continue?: string | undefined;
}

export interface ObjectList<T extends KubeObject> {
  readonly items: T[];
  readonly resourceVersion: string;
  readonly continue?: string | undefined;
}

export type Patch =
  /** RFC 7386: null removes, lists are replaced whole. Put metadata.resourceVersion in it to make it conditional. */
  | { readonly type: 'merge'; readonly body: object }
  /** RFC 6902. A failed `test` is an Invalid error. */
  | { readonly type: 'json'; readonly operations: readonly JsonPatchOperation[] }
  /** Server-side apply; `force` takes over fields of other managers. */
  | { readonly type: 'apply'; readonly body: object; readonly fieldManager: string; readonly force?: boolean };

export interface JsonPatchOperation {
  readonly op: 'add' | 'remove' | 'replace' | 'test' | 'move' | 'copy';
  readonly path: string;
  readonly value?: unknown;
  readonly from?: string;
}

export interface DeleteOptions extends CallOptions {
  readonly preconditions?: { readonly uid?: string | undefined; readonly resourceVersion?: string | undefined };
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
  readonly dryRun?: boolean;
}

export interface WatchOptions extends CallOptions {
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  /** Changes after this version; without one, the present objects come first as ADDED. */
  readonly resourceVersion?: string | undefined;
  /** The server ends the watch after this long; 5 to 10 minutes if left out. */
  readonly timeoutSeconds?: number | undefined;
}

export type WatchEvent<T extends KubeObject> =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: T }
  | { readonly type: 'BOOKMARK'; readonly resourceVersion: string };

/**
 * The Kubernetes API for one kind at a time. Every call throws KubeError and nothing else, except that an abort by the
 * caller's signal throws the signal's reason.
 */
export interface KubeClient {
  /** @throws NotFound */
  get<T extends KubeObject>(kind: Kind<T>, key: ObjectKey, options?: CallOptions): Promise<T>;

  /** Like `get`, undefined when absent. */
  find<T extends KubeObject>(kind: Kind<T>, key: ObjectKey, options?: CallOptions): Promise<T | undefined>;

  /** @throws Gone when the continue token has expired */
  list<T extends KubeObject>(kind: Kind<T>, options?: ListOptions): Promise<ObjectList<T>>;

  /** The status of the given object is ignored, as by the server. @throws AlreadyExists, Invalid */
  create<T extends KubeObject>(kind: Kind<T>, object: NewObject<T>, options?: WriteOptions): Promise<T>;

  /** Everything but the status; compares resourceVersion if the object has one. @throws Conflict, NotFound, Invalid */
  replace<T extends KubeObject>(kind: Kind<T>, object: T, options?: WriteOptions): Promise<T>;

  /** Everything but the status. @throws Conflict, NotFound, Invalid */
  patch<T extends KubeObject>(kind: Kind<T>, key: ObjectKey, patch: Patch, options?: WriteOptions): Promise<T>;

  /** The status only (of kinds that have the subresource). @throws Conflict, NotFound, Invalid */
  patchStatus<T extends KubeObject>(kind: Kind<T>, key: ObjectKey, patch: Patch, options?: WriteOptions): Promise<T>;

  /**
   * Asks for deletion. Answers the object if it stays for now (finalizers), undefined if it is gone.
   * @throws NotFound; Conflict when a precondition does not hold
   */
  delete<T extends KubeObject>(kind: Kind<T>, key: ObjectKey, options?: DeleteOptions): Promise<T | undefined>;

  /**
   * One watch, until the server ends it (then the iteration ends) or it fails. Staying up to date through
   * disconnects is the informer's task. @throws Gone when the resourceVersion is too old: list again
   */
  watch<T extends KubeObject>(kind: Kind<T>, options?: WatchOptions): AsyncIterable<WatchEvent<T>>;
}

/** One finished call, for counters and traces. */
export interface CallRecord {
  readonly verb: 'get' | 'list' | 'create' | 'replace' | 'patch' | 'patchStatus' | 'delete' | 'watch';
  readonly kind: Kind;
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  readonly durationMs: number;
}
