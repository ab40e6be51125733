import type { KubeObject, ObjectKey } from '@metal3/kube-client';
import type { IPPool } from '@metal3/metal3-api';
import type { Ip } from '../address/ip.ts';
import type { Allocation } from '../allocation/allocate.ts';
import type { Claim } from '../claim/claim.ts';

/** An address that has been given to a claim: an IPAddress object of either API. */
export interface GivenAddress {
  readonly api: 'metal3' | 'cluster-api';
  readonly key: ObjectKey;
  readonly uid: string;
  /** Undefined if the object holds none that can be read. */
  readonly ip: Ip | undefined;
  readonly text: string;
  readonly pool: ObjectKey;
  /** Its pool is named as an owner of it: it was given out, not made by hand. */
  readonly fromPool: boolean;
  /**
   * `uid` is empty for an address that was made by hand, to keep it out of use or before its claim, and for one whose claim has gone: the
   * garbage collector takes references to owners that are gone off objects that have others.
   */
  readonly claim: { readonly key: ObjectKey; readonly uid: string };
  readonly deleting: boolean;
  readonly object: KubeObject;
}

export interface RegistryOrder {
  readonly name: string;
  readonly pool: IPPool;
  readonly claim: Claim;
  readonly allocation: Allocation;
  /** The claim has been told this address before: what caches say of it does not count. */
  readonly restores: boolean;
}

/** The address objects of one API. */
export interface AddressBook {
  readonly api: GivenAddress['api'];
  find(key: ObjectKey): GivenAddress | undefined;
  list(): Iterable<GivenAddress>;
  ofPool(pool: ObjectKey): Iterable<GivenAddress>;
  ofClaim(claim: Claim): readonly GivenAddress[];
  /** Answers 'exists' when there is an object of this name. */
  create(order: RegistryOrder, signal: AbortSignal): Promise<GivenAddress | 'exists'>;
  /** Asks the API server itself, past every cache. */
  read(key: ObjectKey, signal: AbortSignal): Promise<GivenAddress | undefined>;
  /** Has an address go that nobody may be told any more; its object stays until `remove`. */
  withdraw(address: GivenAddress, signal: AbortSignal): Promise<void>;
  /** One that is gone already counts as removed. */
  remove(address: GivenAddress, signal: AbortSignal): Promise<void>;
  onChange(listener: (change: AddressChange) => void): () => void;
  whenSynced(signal: AbortSignal): Promise<void>;
}

export interface AddressChange {
  readonly before: GivenAddress | undefined;
  readonly after: GivenAddress | undefined;
}

/** Where addresses are given out for good, for claims of both APIs. */
export interface AddressRegister {
  /** By the kind of claim. */
  ofClaim(claim: Claim): readonly GivenAddress[];
  find(key: ObjectKey): GivenAddress | undefined;
  ofPool(pool: ObjectKey): Iterable<GivenAddress>;
  /**
   * Registers an address for a claim. Of several who try, in whatever process and for claims of whatever kind, at most one succeeds.
   * 'taken': somebody else has it. 'contested': a claim of the other kind has it, too; neither may be told unless the other gives way.
   */
  register(order: RegistryOrder, signal: AbortSignal): Promise<GivenAddress | 'taken' | 'contested'>;
  /** Whether an address is there to stay, and its claim's alone, so that the claim may be told. Asks the API server itself. */
  confirm(address: GivenAddress, signal: AbortSignal): Promise<boolean>;
  /** Has an address go that no claim may be told any more; nobody else gets it before it is released. */
  withdraw(address: GivenAddress, signal: AbortSignal): Promise<void>;
  release(address: GivenAddress, signal: AbortSignal): Promise<void>;
}
