import { isKubeError, keyOf, type Kind } from '@metal3/kube-client';
import {
  ownerReference,
  patchSession,
  setOwnerReference,
  type Cache,
  type CachedClient,
} from '@metal3/kube-controller';
import type { BareMetalHost, Resource } from '@metal3/metal3-api';

/**
 * The object of the host's name: made if there is none, and belonging to the host even if somebody made it before, so that it goes when
 * the host goes.
 */
export async function adoptByHost<T extends Resource<unknown, unknown>>(
  client: CachedClient,
  kind: Kind<T>,
  cache: Cache<T>,
  host: BareMetalHost,
  spec: NoInfer<T['spec']>,
): Promise<T> {
  const owner = ownerReference(host, { blockOwnerDeletion: true });
  const present = cache.find(keyOf(host));
  if (present === undefined) {
    const made = { metadata: { ...keyOf(host), ownerReferences: [owner] }, spec };
    try {
      return await client.create(kind, made as unknown as T);
    } catch (error) {
      // Somebody has been quicker, which our copy does not show yet.
      const theirs = isKubeError(error, 'AlreadyExists') ? await client.find(kind, keyOf(host)) : undefined;
      if (theirs === undefined) throw error;
      return theirs;
    }
  }
  const session = patchSession(client, kind, present, { owned: ['metadata.ownerReferences'] });
  return setOwnerReference(session.draft, owner) ? session.save() : present;
}
