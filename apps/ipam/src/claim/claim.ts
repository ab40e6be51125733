import { formatKey, type KubeObject, type ObjectKey } from '@metal3/kube-client';

/** A claim on an address as allocation sees it, whichever of the two APIs it came through. */
export interface Claim {
  readonly kind: 'IPClaim' | 'IPAddressClaim';
  readonly key: ObjectKey;
  readonly uid: string;
  /** When it was made; RFC 3339. */
  readonly createdAt: string;
  /** Undefined: the claim is one on somebody else's pool, and nothing of ours. */
  readonly pool: PoolReference | undefined;
  /** The address that it asks for, as written. */
  readonly requested: string | undefined;
  readonly deleting: boolean;
  /** Our finalizer is on it. */
  readonly held: boolean;
  /** A finalizer of somebody else is on it: the address is in use until that has gone. */
  readonly inUse: boolean;
  /** Annotated as paused. */
  readonly paused: boolean;
  /** The Cluster that the claim itself names; a Metal3 claim has only its pool's. */
  readonly clusterName: string | undefined;
  /** Name of the address object that the claim has been told. */
  readonly address: string | undefined;
  /** What it has been told instead, or beside it. */
  readonly told: ClaimVerdict | undefined;
  readonly object: KubeObject;
}

export interface PoolReference {
  readonly name: string;
  /** What makes the reference one that can never be served. */
  readonly problem?: string;
}

/** The Ready condition of a claim, in short. `errorMessage` is what upstream would have written. */
export interface ClaimVerdict {
  readonly ready: boolean;
  readonly reason: string;
  readonly message: string;
  readonly errorMessage?: string | undefined;
}

/** The key of the pool that a claim names; pools serve their own namespace. */
export function poolKeyOf({ key, pool }: Pick<Claim, 'key' | 'pool'>): ObjectKey {
  return { namespace: key.namespace, name: pool?.name ?? '' };
}

/** One text for one claim, both kinds taken together. */
export function claimId({ kind, key }: Pick<Claim, 'kind' | 'key'>): string {
  return `${kind}/${formatKey(key)}`;
}

/** Annotation by which a claim asks for one address. */
export const requestAnnotation = 'ipAddress';
