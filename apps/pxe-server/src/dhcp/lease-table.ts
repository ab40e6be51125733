import type { Ipv4 } from '@metal3/dhcp';
import type { Lease, LeaseChange, LeaseView } from './lease.ts';
import { inRanges, type Subnet } from './subnet.ts';

/** The leases of one server, in memory. Every look-up and change takes the same time however many there are. */
export interface LeaseTable extends LeaseView {
  apply(change: LeaseChange): void;
  /** Frees what is over; returns how many. */
  expire(now: number): number;
  /** Forgets who has what, but for the addresses at rest: another server may have given them since. */
  forget(): void;
  all(): Iterable<Lease>;
  /** True when the machine holds an address on any subnet. */
  holds(key: string): boolean;
  readonly size: number;
}

interface Pool {
  /** True for addresses of the ranges that are not reserved. */
  dynamic(address: Ipv4): boolean;
  /** Free addresses, the one used longest ago first. */
  readonly free: Set<Ipv4>;
  readonly formerByKey: Map<string, Ipv4>;
  readonly formerByAddress: Map<Ipv4, string>;
  /** Machines' leases; an address in use by a stranger has no machine. */
  readonly byKey: Map<string, Lease>;
  unknown: number;
  declined: number;
}

/** @param reserved addresses that are never given to whoever comes */
export function leaseTable(subnets: readonly Subnet[], reserved: ReadonlySet<Ipv4>): LeaseTable {
  const byAddress = new Map<Ipv4, Lease>();
  const pools = new Map<string, Pool>(subnets.map((subnet) => [subnet.name, emptyPool(subnet, reserved)]));

  function free(address: Ipv4): void {
    const lease = byAddress.get(address);
    if (lease === undefined) return;
    byAddress.delete(address);
    const pool = pools.get(lease.subnet);
    if (pool === undefined) return;
    count(pool, lease, -1);
    if (pool.byKey.get(lease.key) === lease) pool.byKey.delete(lease.key);
    if (lease.state === 'bound') remember(pool, lease);
    if (pool.dynamic(address)) pool.free.add(address);
  }

  return {
    apply(change) {
      if (change.kind === 'free') {
        free(change.address);
        return;
      }
      const { lease } = change;
      const pool = pools.get(lease.subnet);
      if (pool === undefined) return;
      free(lease.address);
      const before = pool.byKey.get(lease.key);
      if (before !== undefined && lease.state !== 'declined') free(before.address);
      byAddress.set(lease.address, lease);
      pool.free.delete(lease.address);
      count(pool, lease, 1);
      if (lease.state !== 'declined') pool.byKey.set(lease.key, lease);
    },
    expire(now) {
      const over = [...byAddress.values()].filter(({ until }) => until <= now);
      for (const { address } of over) free(address);
      return over.length;
    },
    forget() {
      for (const { address, state } of [...byAddress.values()]) if (state !== 'declined') free(address);
      for (const pool of pools.values()) {
        pool.formerByKey.clear();
        pool.formerByAddress.clear();
      }
    },
    all: () => byAddress.values(),
    holds: (key) => [...pools.values()].some(({ byKey }) => byKey.get(key)?.state === 'bound'),
    byKey: (subnet, key) => pools.get(subnet)?.byKey.get(key),
    byAddress: (address) => byAddress.get(address),
    formerAddress: (subnet, key) => pools.get(subnet)?.formerByKey.get(key),
    oldestFree: (subnet) => pools.get(subnet)?.free.values().next().value,
    unknownHeld: (subnet) => pools.get(subnet)?.unknown ?? 0,
    declinedHeld: (subnet) => pools.get(subnet)?.declined ?? 0,
    get size() {
      return byAddress.size;
    },
  };
}

function emptyPool(subnet: Subnet, reserved: ReadonlySet<Ipv4>): Pool {
  const free = new Set<Ipv4>();
  for (const { first, last } of subnet.ranges) {
    for (let address = first; address <= last; address++) if (!reserved.has(address)) free.add(address);
  }
  return {
    free,
    formerByKey: new Map(),
    formerByAddress: new Map(),
    byKey: new Map(),
    unknown: 0,
    declined: 0,
    dynamic: (address) => inRanges(subnet, address) && !reserved.has(address),
  };
}

function count(pool: Pool, { known, state }: Lease, step: 1 | -1): void {
  if (state === 'declined') pool.declined += step;
  else if (!known) pool.unknown += step;
}

/** One former holder an address, so that this never grows beyond the ranges. */
function remember(pool: Pool, { address, key }: Lease): void {
  const other = pool.formerByAddress.get(address);
  if (other !== undefined && pool.formerByKey.get(other) === address) pool.formerByKey.delete(other);
  const elsewhere = pool.formerByKey.get(key);
  if (elsewhere !== undefined) pool.formerByAddress.delete(elsewhere);
  pool.formerByAddress.set(address, key);
  pool.formerByKey.set(key, address);
}
