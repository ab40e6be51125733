import type { ObjectMeta } from '@metal3/kube-client';

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
