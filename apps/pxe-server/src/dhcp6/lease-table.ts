import type { Ipv6 } from '@metal3/dhcp';
import type { Lease, LeaseChange } from '../dhcp/lease.ts';

export type Lease6 = Lease<Ipv6>;

/** What decisions need to see of the leases. */
export interface LeaseView6 {
  byKey(subnet: string, key: string): Lease6 | undefined;
  byAddress(address: Ipv6): Lease6 | undefined;
  unknownHeld(subnet: string): number;
}

export interface LeaseTable6 extends LeaseView6 {
  apply(change: LeaseChange<Ipv6>): void;
  expire(now: number): number;
  /** True when the machine holds an address on any subnet. */
  holds(key: string): boolean;
  readonly size: number;
}

/** Leases in memory. Ranges are far larger than anything that is ever held, so only what is held is kept. */
export function leaseTable6(): LeaseTable6 {
  const byAddress = new Map<Ipv6, Lease6>();
  const byKey = new Map<string, Lease6>();
  const unknown = new Map<string, number>();
  const placeOf = (subnet: string, key: string) => `${subnet} ${key}`;
  const count = ({ known, state, subnet }: Lease6, step: 1 | -1) => {
    if (!known && state !== 'declined') unknown.set(subnet, (unknown.get(subnet) ?? 0) + step);
  };

  function free(address: Ipv6): void {
    const lease = byAddress.get(address);
    if (lease === undefined) return;
    byAddress.delete(address);
    count(lease, -1);
    const place = placeOf(lease.subnet, lease.key);
    if (byKey.get(place) === lease) byKey.delete(place);
  }

  return {
    apply(change) {
      if (change.kind === 'free') {
        free(change.address);
        return;
      }
      const { lease } = change;
      free(lease.address);
      const place = placeOf(lease.subnet, lease.key);
      const before = byKey.get(place);
      if (before !== undefined && lease.state !== 'declined') free(before.address);
      byAddress.set(lease.address, lease);
      count(lease, 1);
      if (lease.state !== 'declined') byKey.set(place, lease);
    },
    expire(now) {
      const over = [...byAddress.values()].filter(({ until }) => until <= now);
      for (const { address } of over) free(address);
      return over.length;
    },
    byKey: (subnet, key) => byKey.get(placeOf(subnet, key)),
    byAddress: (address) => byAddress.get(address),
    unknownHeld: (subnet) => unknown.get(subnet) ?? 0,
    holds: (key) => [...byKey.values()].some((lease) => lease.key === key && lease.state === 'bound'),
    get size() {
      return byAddress.size;
    },
  };
}
