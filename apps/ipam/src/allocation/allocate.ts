import type { IPPoolSpec } from '@metal3/metal3-api';
import { type Ip, ipKey, parseIp } from '../address/ip.ts';
import { contains, type PoolRange, type Range, rangesOf } from '../address/range.ts';

export interface AllocationRequest {
  readonly claimName: string;
  /** Annotation `ipAddress` of the claim. */
  readonly requested: string | undefined;
}

export interface Allocation {
  readonly ip: Ip;
  readonly prefix: number | undefined;
  readonly gateway: string | undefined;
  readonly dnsServers: readonly string[] | undefined;
}

/** Texts of upstream, which users and scripts know. */
export type Refusal =
  | 'Exhausted IP Pools'
  | 'Pre-allocated IP out of bounds'
  | 'Requested IP not available'
  | 'PreAllocation and requested ip address are conflicting'
  | 'Requested IP address in the annotation ipAddress is not a valid IP';

export type AllocationDecision =
  | { readonly kind: 'allocate'; readonly allocation: Allocation }
  | { readonly kind: 'refuse'; readonly message: Refusal };

/** Gives out the addresses of one pool during one pass; what is given out, or marked as taken, is in use. */
export interface Allocator {
  decide(request: AllocationRequest): AllocationDecision;
  /** An address turns out to be in use. */
  take(ip: Ip): void;
}

/**
 * Makes the allocator of a pool, with the addresses in use. Addresses kept for claims by name (`preAllocations`) are
 * given to no other. Sequential: the first free one, entry after entry. Random: an entry is searched from a random
 * place on, round its end. Finding the next address takes constant time on average, however large the pool.
 *
 * @param lot uniform in [0, 1)
 */
export function allocator(spec: IPPoolSpec, inUse: Iterable<Ip>, lot: () => number): Allocator {
  const ranges = rangesOf(spec);
  const used = new Set<string>();
  const kept = new Map<string, Ip>();
  for (const ip of inUse) used.add(ipKey(ip));
  for (const [claimName, text] of Object.entries(spec.preAllocations ?? {})) {
    const ip = parseIp(text);
    if (ip !== undefined) kept.set(claimName, ip);
  }
  const keptKeys = new Set([...kept.values()].map(ipKey));
  // Every address of a range before its cursor has been found in use.
  const cursors = new Map(ranges.map((range) => [range, range.first]));

  const isFree = (ip: Ip): boolean => !used.has(ipKey(ip)) && !keptKeys.has(ipKey(ip));

  const named = (ip: Ip, refusal: Refusal): AllocationDecision => {
    const range = ranges.find((candidate) => contains(candidate, ip));
    return range === undefined ? { kind: 'refuse', message: refusal } : give(ip, range);
  };

  const give = (ip: Ip, { settings }: Range): AllocationDecision => {
    used.add(ipKey(ip));
    return { kind: 'allocate', allocation: { ip, ...settingsFor(spec, settings) } };
  };

  const sequential = (): AllocationDecision | undefined => {
    for (const range of ranges) {
      const { family, last } = range;
      let value = cursors.get(range) ?? range.first;
      while (value <= last && !isFree({ family, value })) value += 1n;
      cursors.set(range, value);
      if (value <= last) return give({ family, value }, range);
    }
    return undefined;
  };

  const random = (): AllocationDecision | undefined => {
    for (const range of ranges) {
      const { family, first, last } = range;
      const size = last - first + 1n;
      const start = (size * BigInt(Math.floor(lot() * 2 ** 53))) >> 53n;
      // No more than all used ones can lie in the way.
      for (let step = 0n; step < size && step <= BigInt(used.size + keptKeys.size); step++) {
        const ip: Ip = { family, value: first + ((start + step) % size) };
        if (isFree(ip)) return give(ip, range);
      }
    }
    return undefined;
  };

  return {
    take: (ip) => void used.add(ipKey(ip)),
    decide({ claimName, requested }) {
      const reserved = kept.get(claimName);
      const wanted = parseIp(requested);
      if (requested !== undefined && requested !== '' && wanted === undefined) {
        return { kind: 'refuse', message: 'Requested IP address in the annotation ipAddress is not a valid IP' };
      }
      if (reserved !== undefined && wanted !== undefined && ipKey(reserved) !== ipKey(wanted)) {
        return { kind: 'refuse', message: 'PreAllocation and requested ip address are conflicting' };
      }
      if (reserved !== undefined) {
        if (used.has(ipKey(reserved))) return { kind: 'refuse', message: 'Requested IP not available' };
        return named(reserved, 'Pre-allocated IP out of bounds');
      }
      if (wanted !== undefined) {
        if (!isFree(wanted)) return { kind: 'refuse', message: 'Requested IP not available' };
        return named(wanted, 'Exhausted IP Pools');
      }
      const found = spec.allocationStrategy === 'random' ? random() : sequential();
      return found ?? { kind: 'refuse', message: 'Exhausted IP Pools' };
    },
  };
}

/** An entry's own settings come before those of the whole pool. */
function settingsFor(spec: IPPoolSpec, range: PoolRange): Omit<Allocation, 'ip'> {
  return {
    prefix: range.prefix !== undefined && range.prefix !== 0 ? range.prefix : spec.prefix,
    gateway: range.gateway ?? spec.gateway,
    dnsServers: range.dnsServers !== undefined && range.dnsServers.length > 0 ? range.dnsServers : spec.dnsServers,
  };
}
