/** Why a claim gets no address now. The messages are upstream's, which users and scripts know. */
export interface Refusal {
  /** Reason of the Ready condition; the two that Cluster API defines. */
  readonly reason: 'PoolExhausted' | 'AllocationFailed';
  readonly message: RefusalMessage;
  /** The addresses that this claim asked for or that are kept for it, and why it does not get them. */
  readonly refused: readonly RefusedAddress[];
  /** Where a free address was looked for in vain, in order. */
  readonly searched: readonly SearchedRange[];
}

export const refusalMessages = {
  exhausted: 'Exhausted IP Pools',
  keptOutside: 'Pre-allocated IP out of bounds',
  notAvailable: 'Requested IP not available',
  conflicting: 'PreAllocation and requested ip address are conflicting',
  unreadable: 'Requested IP address in the annotation ipAddress is not a valid IP',
} as const;
export type RefusalMessage = (typeof refusalMessages)[keyof typeof refusalMessages];

export interface RefusedAddress {
  readonly address: string;
  readonly why: 'in-use' | 'kept' | 'outside' | 'other-kept' | 'unreadable';
  /** Name of the claim that has it, or for which it is kept, where that is known. */
  readonly claim: string | undefined;
}

export interface SearchedRange {
  readonly range: string;
  readonly inUse: number;
  /** Kept for claims by name, and not in use. */
  readonly kept: number;
}

/** The whole story of a refusal in one sentence, for conditions and events. */
export function describeRefusal({ message, refused, searched }: Refusal): string {
  const addresses = refused.map(describeAddress);
  const ranges = searched.map(
    ({ range, inUse, kept }) => `${range} has ${inUse} in use${kept > 0 ? ` and ${kept} kept for other claims` : ''}`,
  );
  const nothing = addresses.length + ranges.length === 0 ? ['spec.pools offers no address'] : [];
  return `${message}: ${[...addresses, ...ranges, ...nothing].join('; ')}`;
}

function describeAddress({ address, why, claim }: RefusedAddress): string {
  switch (why) {
    case 'in-use':
      return `${address} is in use${claim === undefined ? '' : ` by claim ${claim}`}`;
    case 'kept':
      return `${address} is kept for claim ${claim ?? '?'} by spec.preAllocations`;
    case 'other-kept':
      return `spec.preAllocations keeps ${address} for this claim`;
    case 'outside':
      return `${address} is in none of the pool's ranges`;
    case 'unreadable':
      return `"${address}" is no IP address`;
  }
}
