import { type Kind, type KubeObject, type ObjectMeta, unlessGone } from '@metal3/kube-client';
import type { CachedClient } from './cache/cache.ts';
import { patchSession } from './patch-session.ts';

interface WithMetadata {
  readonly metadata: ObjectMeta;
}

export function hasFinalizer(object: WithMetadata, finalizer: string): boolean {
  return object.metadata.finalizers?.includes(finalizer) ?? false;
}

/** Adds the finalizer to a draft; true if it was not there. */
export function addFinalizer(draft: WithMetadata, finalizer: string): boolean {
  if (hasFinalizer(draft, finalizer)) return false;
  draft.metadata.finalizers = [...(draft.metadata.finalizers ?? []), finalizer];
  return true;
}

/** Takes the finalizer off a draft; true if it was there. */
export function removeFinalizer(draft: WithMetadata, finalizer: string): boolean {
  if (!hasFinalizer(draft, finalizer)) return false;
  draft.metadata.finalizers = (draft.metadata.finalizers ?? []).filter((present) => present !== finalizer);
  return true;
}

const owned = { owned: ['metadata.finalizers'] };

/** Keeps an object from going until it is released; answers how it is then. Nothing is written for one that is held already. */
export async function hold<T extends KubeObject>(
  client: CachedClient,
  kind: Kind<T>,
  object: T,
  finalizer: string,
): Promise<T> {
  if (hasFinalizer(object, finalizer)) return object;
  const session = patchSession(client, kind, object, owned);
  addFinalizer(session.draft, finalizer);
  return session.save();
}

/** Lets an object go, which may be gone. Nothing is written for one that is not held. */
export async function release<T extends KubeObject>(
  client: CachedClient,
  kind: Kind<T>,
  object: T,
  finalizer: string,
): Promise<void> {
  const session = patchSession(client, kind, object, owned);
  if (removeFinalizer(session.draft, finalizer)) await unlessGone(session.save());
}
