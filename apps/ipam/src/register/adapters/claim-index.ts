import { formatKey, type ObjectKey } from '@metal3/kube-client';

/**
 * Addresses are found by the UID of their claim. One without an owner (restored from a backup, or made by hand) belongs to the claim of
 * the name that it tells.
 */
export function claimIndexValue({
  claim,
}: {
  readonly claim: { readonly key: ObjectKey; readonly uid: string };
}): string {
  return claim.uid === '' ? byName(claim.key) : claim.uid;
}

export function claimIndexValues(claim: { readonly key: ObjectKey; readonly uid: string }): readonly string[] {
  return [claim.uid, byName(claim.key)];
}

function byName(key: ObjectKey): string {
  return `name ${formatKey(key)}`;
}
