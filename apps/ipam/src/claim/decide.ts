import type { IPAddress, IPClaim, IPPool } from '@metal3/metal3-api';
import { parseIp } from '../address/ip.ts';
import type { Allocation, Allocator } from '../allocation/allocate.ts';

export const claimFinalizer = 'ipclaim.ipam.metal3.io';
export const addressFinalizer = 'ipaddress.ipam.metal3.io';
/** Annotation by which a claim asks for one address. */
export const requestAnnotation = 'ipAddress';

/** What is known of one claim when a pass over its pool begins. */
export interface ClaimObservation {
  readonly claim: IPClaim;
  readonly pool: IPPool;
  /** The addresses that were made for this very claim (by its UID). */
  readonly addresses: readonly IPAddress[];
}

export type ClaimDecision =
  | { readonly kind: 'settled' }
  /** Deleted, but someone else still holds it (a finalizer other than ours): its address is in use. */
  | { readonly kind: 'in-use' }
  | { readonly kind: 'release'; readonly addresses: readonly IPAddress[] }
  /** The address is there, the claim does not say so yet. */
  | { readonly kind: 'bind'; readonly address: IPAddress }
  | { readonly kind: 'allocate'; readonly allocation: Allocation }
  | { readonly kind: 'refuse'; readonly message: string };

/**
 * Decides what to do for one claim. A refusal is no end: each pass decides anew, so that a claim is served as soon as
 * an address is free or the pool has grown.
 */
export function decideClaim({ claim, pool, addresses }: ClaimObservation, allocator: Allocator): ClaimDecision {
  const { deletionTimestamp, finalizers = [], namespace, name = '', annotations } = claim.metadata;
  if (deletionTimestamp !== undefined) {
    if (!finalizers.includes(claimFinalizer)) return { kind: 'settled' };
    return finalizers.length > 1 ? { kind: 'in-use' } : { kind: 'release', addresses };
  }

  const [address] = addresses.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  if (address !== undefined) {
    const bound = claim.status?.address?.name === address.metadata.name;
    return bound && claim.status?.errorMessage === undefined ? { kind: 'settled' } : { kind: 'bind', address };
  }
  const { namespace: poolNamespace = namespace } = claim.spec.pool;
  if (poolNamespace !== namespace) {
    return { kind: 'refuse', message: `spec.pool.namespace is ${poolNamespace}: a pool serves its own namespace only` };
  }
  if (pool.metadata.deletionTimestamp !== undefined) {
    return { kind: 'refuse', message: `IPPool ${pool.metadata.name} is being deleted` };
  }

  // An address that has been taken away by force is given back, if it still is free.
  const former = pool.status?.indexes?.[name];
  const requested = annotations?.[requestAnnotation] ?? (claim.status?.address === undefined ? undefined : former);
  const decision = allocator.decide({ claimName: name, requested });
  if (decision.kind === 'refuse' && requested !== undefined && requested === former) {
    return allocator.decide({ claimName: name, requested: undefined });
  }
  return decision;
}

/** The address that an IPAddress object stands for; undefined if it holds none that can be read. */
export function addressOf(object: IPAddress): ReturnType<typeof parseIp> {
  return parseIp(object.spec.address);
}
