import type { ObjectKey } from '@metal3/kube-client';
import type { IPAddress, IPClaim, IPPool } from '@metal3/metal3-api';
import type { Allocation } from '../allocation/allocate.ts';

/** What is there, as this process knows it, own writes included. */
export interface PoolWorld {
  findPool(key: ObjectKey): IPPool | undefined;
  /** Claims that name this pool, oldest first. */
  claimsOf(pool: ObjectKey): readonly IPClaim[];
  addressesOf(pool: ObjectKey): readonly IPAddress[];
}

/** Where addresses are given out for good. */
export interface AddressRegister {
  /**
   * Registers an address for a claim; 'taken' if somebody else has it already. Registering is atomic: of several who
   * try, in whatever process, one succeeds.
   */
  register(pool: IPPool, claim: IPClaim, allocation: Allocation, signal: AbortSignal): Promise<IPAddress | 'taken'>;
  /** Gives an address back. One that is gone already counts as given back. */
  release(address: IPAddress, signal: AbortSignal): Promise<void>;
}

/** What claims are told. */
export interface ClaimDesk {
  /** Makes sure that the claim stays until it has been released. */
  hold(claim: IPClaim, signal: AbortSignal): Promise<IPClaim>;
  bind(claim: IPClaim, address: IPAddress, signal: AbortSignal): Promise<void>;
  refuse(claim: IPClaim, message: string, signal: AbortSignal): Promise<void>;
  letGo(claim: IPClaim, signal: AbortSignal): Promise<void>;
  /** Asks the API server itself, past every cache, whether this very claim is gone. */
  isGone(claim: { readonly key: ObjectKey; readonly uid: string }, signal: AbortSignal): Promise<boolean>;
}

/** What is asked about clusters. */
export interface Clusters {
  /** undefined when the cluster, or its kind, is not there. */
  find(key: ObjectKey, signal: AbortSignal): Promise<ClusterSummary | undefined>;
}

export interface ClusterSummary {
  readonly apiVersion: string;
  readonly name: string;
  readonly uid: string;
  readonly paused: boolean;
}
