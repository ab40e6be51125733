import type { Ipv4 } from '@metal3/dhcp';

/** What one address is used for. */
export interface Lease<Address = Ipv4> {
  readonly address: Address;
  /** Name of the subnet. */
  readonly subnet: string;
  /** The machine, as `DhcpClient.key`; empty for an address that is in use by somebody who never asked. */
  readonly key: string;
  readonly mac: string;
  /** `offered` is kept in memory only; `declined` means that somebody else uses the address. */
  readonly state: 'offered' | 'bound' | 'declined';
  /** Milliseconds since the epoch. */
  readonly until: number;
  /** The machine was known to the stack or had a reservation when it got the address. */
  readonly known: boolean;
  readonly hostName?: string;
}

export type LeaseChange<Address = Ipv4> =
  { readonly kind: 'hold'; readonly lease: Lease<Address> } | { readonly kind: 'free'; readonly address: Address };

/** What decisions need to see of the leases. */
export interface LeaseView {
  /** The machine's lease on a subnet, expired or not yet. */
  byKey(subnet: string, key: string): Lease | undefined;
  byAddress(address: Ipv4): Lease | undefined;
  /** The address that the machine had before, if nobody has had it since. */
  formerAddress(subnet: string, key: string): Ipv4 | undefined;
  /** The free address of the ranges that was used longest ago. */
  oldestFree(subnet: string): Ipv4 | undefined;
  /** Addresses held by machines that nobody knows. */
  unknownHeld(subnet: string): number;
  declinedHeld(subnet: string): number;
}
