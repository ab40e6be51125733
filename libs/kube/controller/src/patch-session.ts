import { type JsonObject, type Kind, type KubeClient, type KubeObject, keyOf, mergePatchOf } from '@metal3/kube-client';

export interface PatchSessionOptions {
  /**
   * Fails with Conflict if anyone has changed the object since it was read. Changes of finalizers and owner references
   * (lists that many write) are always conditional.
   */
  readonly precondition?: boolean;
  /**
   * The paths that the caller may write, such as 'spec.consumerRef' or 'metadata.labels'; a change elsewhere is a bug
   * and throws TypeError before anything is sent. All if left out.
   */
  readonly owned?: readonly string[];
}

/** Read once, change in memory, write once. */
export interface PatchSession<T extends KubeObject> {
  /** A copy to change freely. */
  readonly draft: T;
  /** Whether `save` would write anything. */
  readonly changed: boolean;
  /**
   * Sends what differs: one merge patch for metadata and spec, one for the status, each only if something there
   * changed. Answers the object as it then is. May be called again after further changes.
   *
   * When the object goes away with the first patch (its last finalizer is taken off), its status is not written.
   *
   * @throws KubeError Conflict (precondition), NotFound
   */
  save(options?: {
    readonly signal?: AbortSignal;
    /** For this write only; see PatchSessionOptions. */
    readonly precondition?: boolean;
  }): Promise<T>;
}

/** Opens a session on an object as read from a cache or the server. */
export function patchSession<T extends KubeObject>(
  client: Pick<KubeClient, 'patch' | 'patchStatus'>,
  kind: Kind<T>,
  object: T,
  options: PatchSessionOptions = {},
): PatchSession<T> {
  const key = keyOf(object);
  let base = object;
  const draft = structuredClone(object);

  const pending = (): { main: JsonObject | undefined; status: JsonObject | undefined } => {
    const { status: statusBefore, ...mainBefore } = base as T & { status?: unknown };
    const { status: statusAfter, ...mainAfter } = draft as T & { status?: unknown };
    const main = mergePatchOf(mainBefore, mainAfter);
    const status = mergePatchOf(statusBefore, statusAfter);
    if (options.owned !== undefined) {
      for (const path of [...pathsOf(main ?? {}, ''), ...pathsOf(status ?? {}, 'status.')]) {
        if (!options.owned.some((owned) => path === owned || path.startsWith(`${owned}.`))) {
          throw new TypeError(`${kind.kind} ${key.name}: ${path} is written but not owned by this controller`);
        }
      }
    }
    return { main, status };
  };

  const conditional = (patch: JsonObject, version: string | undefined, always: boolean): JsonObject =>
    always || options.precondition === true
      ? { ...patch, metadata: { ...(patch['metadata'] as JsonObject | undefined), resourceVersion: version } }
      : patch;

  return {
    draft,
    get changed() {
      const { main, status } = pending();
      return main !== undefined || status !== undefined;
    },
    async save({ signal, precondition = false } = {}) {
      const { main, status } = pending();
      let latest = base;
      if (main !== undefined) {
        const body = conditional(main, base.metadata.resourceVersion, precondition || touchesSharedLists(main));
        latest = await client.patch(kind, key, { type: 'merge', body }, { signal });
      }
      if (status !== undefined && !goneWith(latest)) {
        const body = conditional({ status }, latest.metadata.resourceVersion, precondition);
        latest = await client.patchStatus(kind, key, { type: 'merge', body }, { signal });
      }
      base = structuredClone(latest);
      for (const field of Object.keys(draft)) Reflect.deleteProperty(draft, field);
      Object.assign(draft, structuredClone(latest));
      return latest;
    },
  };
}

function touchesSharedLists(patch: JsonObject): boolean {
  const metadata = patch['metadata'] as JsonObject | undefined;
  return metadata !== undefined && ('finalizers' in metadata || 'ownerReferences' in metadata);
}

function goneWith(object: KubeObject): boolean {
  return object.metadata.deletionTimestamp !== undefined && (object.metadata.finalizers ?? []).length === 0;
}

function pathsOf(patch: JsonObject, prefix: string): string[] {
  return Object.entries(patch).flatMap(([field, value]) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? pathsOf(value as JsonObject, `${prefix}${field}.`)
      : [`${prefix}${field}`],
  );
}
