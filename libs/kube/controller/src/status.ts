import { keyOf, type Kind, type KubeObject, mergePatchOf, unlessGone } from '@metal3/kube-client';
import type { CachedClient } from './cache/cache.ts';

/** Writes what differs of the status of an object, all of which is the writer's; nothing where nothing does, or where the object is gone. */
export async function saveStatus<T extends KubeObject & { readonly status?: unknown }>(
  client: CachedClient,
  kind: Kind<T>,
  object: T,
  status: NoInfer<T['status']>,
): Promise<void> {
  const body = mergePatchOf({ status: object.status }, { status });
  if (body !== undefined) await unlessGone(client.patchStatus(kind, keyOf(object), { type: 'merge', body }));
}
