import type { KubeObject, ObjectMeta, OwnerReference } from '@metal3/kube-client';

interface WithMetadata {
  readonly metadata: ObjectMeta;
}

/** A reference to this owner. `controller: true` makes it the one that manages the object. */
export function ownerReference(
  owner: KubeObject,
  options: { readonly controller?: boolean; readonly blockOwnerDeletion?: boolean } = {},
): OwnerReference {
  const { name = '', uid = '' } = owner.metadata;
  return { apiVersion: owner.apiVersion, kind: owner.kind, name, uid, ...options };
}

/** Adds or refreshes a reference on a draft; versions of one kind count as the same owner. True if it changed something. */
export function setOwnerReference(draft: WithMetadata, reference: OwnerReference): boolean {
  const present = draft.metadata.ownerReferences ?? [];
  const before = present.find((other) => sameOwner(other, reference));
  if (before !== undefined && sameReference(before, reference)) return false;
  draft.metadata.ownerReferences =
    before === undefined
      ? [...present, reference]
      : present.map((other) => (other === before ? { ...before, ...reference } : other));
  return true;
}

/** Takes this owner's reference off a draft; true if it was there. */
export function removeOwnerReference(draft: WithMetadata, reference: OwnerReference): boolean {
  const present = draft.metadata.ownerReferences ?? [];
  const kept = present.filter((other) => !sameOwner(other, reference));
  if (kept.length === present.length) return false;
  draft.metadata.ownerReferences = kept;
  return true;
}

/** The owner of this group and kind, if the object names one. */
export function findOwner(object: WithMetadata, group: string, kind: string): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find((owner) => owner.kind === kind && groupOf(owner) === group);
}

function sameOwner(a: OwnerReference, b: OwnerReference): boolean {
  return a.kind === b.kind && a.name === b.name && groupOf(a) === groupOf(b);
}

function sameReference(before: OwnerReference, wanted: OwnerReference): boolean {
  return Object.entries(wanted).every(([field, value]) => before[field as keyof OwnerReference] === value);
}

function groupOf({ apiVersion }: OwnerReference): string {
  const slash = apiVersion.indexOf('/');
  return slash < 0 ? '' : apiVersion.slice(0, slash);
}
