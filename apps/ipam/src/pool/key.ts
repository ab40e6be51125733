import type { ObjectKey } from '@metal3/kube-client';

/** The key of the pool that a claim or an address names; pools serve their own namespace. */
export function poolKeyOf({
  metadata,
  spec,
}: {
  readonly metadata: { readonly namespace?: string };
  readonly spec: { readonly pool: { readonly name?: string } };
}): ObjectKey {
  return { namespace: metadata.namespace, name: spec.pool.name ?? '' };
}
