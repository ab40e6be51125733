import type { DhcpClient, Ipv4 } from '@metal3/dhcp';
import type { Lease, LeaseView } from './lease.ts';
import { addressAt, inRanges, sizeOf, type Reservation, type Subnet } from './subnet.ts';

export interface AddressQuestion {
  readonly client: DhcpClient;
  readonly subnet: Subnet;
  /** The machine's own lease. */
  readonly lease: Lease | undefined;
  readonly reservation: Reservation | undefined;
  readonly known: boolean;
  readonly leases: LeaseView;
  readonly world: { readonly now: number; readonly plan: { readonly reservedAddresses: ReadonlySet<Ipv4> } };
}

export type AddressChoice =
  /** `fresh`: the machine has not had this address before. */
  | { readonly kind: 'address'; readonly address: Ipv4; readonly fresh: boolean }
  | { readonly kind: 'none'; readonly why: 'no-free-address' | 'unknown-limit' };

/** How many places of the ranges are looked at that follow from the machine's key. */
const tries = 8;

/**
 * The address for a machine: what is reserved for it, what it holds, what it asks for if that is free, what it had before; else one that
 * follows from its key, so that replicas that share nothing agree as long as the ranges are not crowded; else the one that was
 * used longest ago.
 */
export function chooseAddress(question: AddressQuestion): AddressChoice {
  const { client, subnet, lease, reservation, known, leases } = question;
  if (reservation !== undefined) return { kind: 'address', address: reservation.address, fresh: false };
  if (lease !== undefined) return { kind: 'address', address: lease.address, fresh: false };
  if (!known && leases.unknownHeld(subnet.name) >= subnet.unknownLimit) return { kind: 'none', why: 'unknown-limit' };

  const former = leases.formerAddress(subnet.name, client.key);
  if (former !== undefined && isFree(question, former)) {
    if (client.requested === undefined || client.requested === former || !isFree(question, client.requested))
      return { kind: 'address', address: former, fresh: false };
  }
  if (client.requested !== undefined && isFree(question, client.requested))
    return { kind: 'address', address: client.requested, fresh: true };
  const size = sizeOf(subnet);
  for (let attempt = 0; attempt < tries && size > 0; attempt++) {
    const address = addressAt(subnet, hash(client.key, attempt) % size);
    if (address !== undefined && isFree(question, address)) return { kind: 'address', address, fresh: true };
  }
  const oldest = leases.oldestFree(subnet.name);
  if (oldest === undefined) return { kind: 'none', why: 'no-free-address' };
  return { kind: 'address', address: oldest, fresh: true };
}

function isFree({ subnet, leases, world }: AddressQuestion, address: Ipv4): boolean {
  if (!inRanges(subnet, address) || world.plan.reservedAddresses.has(address)) return false;
  const holder = leases.byAddress(address);
  return holder === undefined || holder.until <= world.now;
}

/** FNV-1a over the key and the number of the attempt, mixed once more so that neighbouring MAC addresses do not cluster. */
function hash(key: string, attempt: number): number {
  let value = 0x811c9dc5 ^ attempt;
  for (let at = 0; at < key.length; at++) value = Math.imul(value ^ key.charCodeAt(at), 0x01000193);
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  return (value ^ (value >>> 13)) >>> 0;
}
