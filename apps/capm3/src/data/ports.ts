import type { Metal3Data } from '@metal3/metal3-api';
import type { DataObservation } from './decide.ts';
import type { PoolAddress, PoolRef } from './rendering/pools.ts';

/** What exists around data; reads show this process's own writes. */
export interface DataWorld {
  observe(data: Metal3Data): DataObservation;
}

export type Allocation =
  | { readonly kind: 'given'; readonly address: PoolAddress }
  | { readonly kind: 'wait'; readonly reason: string }
  | { readonly kind: 'failed'; readonly message: string };

/** Claims of addresses, with Metal3's own pools and with any other provider's. */
export interface AddressDesk {
  /** The address that the data has of a pool; claims one if it has not yet. @param host name of the machine's host */
  claim(data: Metal3Data, pool: PoolRef, host: string): Promise<Allocation>;
  /** Gives back every address that the data has claimed. */
  release(data: Metal3Data): Promise<void>;
}

/** Secrets that are written once and never again: what a machine was first booted with is what it boots with. */
export interface SecretShelf {
  has(namespace: string, name: string): Promise<boolean>;
  /** An existing Secret of that name is left as it is. */
  put(data: Metal3Data, name: string, key: 'metaData' | 'networkData', text: string): Promise<void>;
}

export interface DataPorts {
  readonly world: DataWorld;
  readonly desk: AddressDesk;
  readonly shelf: SecretShelf;
}
