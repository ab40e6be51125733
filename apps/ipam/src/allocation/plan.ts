import type { IPPool, IPPoolSpec } from '@metal3/metal3-api';
import { type Ip, ipKey, parseIp } from '../address/ip.ts';
import { type Range, rangesOf } from '../address/range.ts';
import { AddressSet } from '../ledger/address-set.ts';

/** A pool's spec, read once: its texts as numbers. */
export interface Plan {
  readonly spec: IPPoolSpec;
  readonly ranges: readonly Range[];
  /** The address kept for a claim of this name (`preAllocations`). */
  keptFor(claimName: string): Ip | undefined;
  /** The claim name for which an address is kept. */
  keeperOf(ip: Ip): string | undefined;
  /** The least address from `from` on that is kept for nobody. */
  nextUnkept(family: 4 | 6, from: bigint): bigint;
  /** How many of a range are kept, and satisfy the condition. */
  countKept(range: Range, where: (ip: Ip) => boolean): number;
}

const plans = new WeakMap<IPPoolSpec, Plan>();

/** The plan of a pool; kept for as long as its object is. */
export function planOf({ spec }: Pick<IPPool, 'spec'>): Plan {
  const known = plans.get(spec);
  if (known !== undefined) return known;
  const plan = readPlan(spec);
  plans.set(spec, plan);
  return plan;
}

function readPlan(spec: IPPoolSpec): Plan {
  const kept = new Map<string, Ip>();
  const keepers = new Map<string, string>();
  const addresses = new AddressSet();
  for (const [claimName, text] of Object.entries(spec.preAllocations ?? {})) {
    const ip = parseIp(text);
    if (ip === undefined) continue;
    kept.set(claimName, ip);
    keepers.set(ipKey(ip), claimName);
    addresses.add(ip);
  }
  return {
    spec,
    ranges: rangesOf(spec),
    // Most pools keep none, and to look a name up that has just come costs its hash.
    keptFor: (claimName) => (kept.size === 0 ? undefined : kept.get(claimName)),
    keeperOf: (ip) => keepers.get(ipKey(ip)),
    nextUnkept: (family, from) => (kept.size === 0 ? from : addresses.nextAbsent(family, from)),
    countKept: ({ family, first, last }, where) => {
      const values = new Set([...kept.values()].flatMap((ip) => (ip.family === family ? [ip.value] : [])));
      return [...values].filter((value) => value >= first && value <= last && where({ family, value })).length;
    },
  };
}
