import { type Range, rangeText } from '../address/range.ts';
import type { Plan } from '../allocation/plan.ts';
import type { LedgerView } from './ledger.ts';

/** Counts of addresses; those beyond 2^53 - 1 are told as that. */
export interface AddressCounts {
  readonly total: number;
  readonly used: number;
  /** Kept for claims by name, and not in use. */
  readonly reserved: number;
  /** Any claim may have them. */
  readonly free: number;
}

export interface RangeUsage extends AddressCounts {
  readonly range: string;
}

export interface PoolUsage extends AddressCounts {
  readonly ranges: readonly RangeUsage[];
}

/** How much of a pool is in use. Where ranges overlap, an address counts in each of them, but once in the sum. */
export function usageOf(plan: Plan, ledger: LedgerView): PoolUsage {
  const count = (range: Range): AddressCounts => {
    const used = ledger.countIn(range);
    const reserved = plan.countKept(range, (ip) => !ledger.isTaken(ip));
    return { total: bounded(range.size), used, reserved, free: bounded(range.size - BigInt(used) - BigInt(reserved)) };
  };
  const sum = { total: 0, used: 0, reserved: 0, free: 0 };
  for (const counts of disjoint(plan.ranges).map(count)) {
    for (const field of ['total', 'used', 'reserved', 'free'] as const) {
      sum[field] = Math.min(sum[field] + counts[field], Number.MAX_SAFE_INTEGER);
    }
  }
  return { ...sum, ranges: plan.ranges.map((range) => ({ range: rangeText(range), ...count(range) })) };
}

/** The same addresses as ranges that have none in common. */
function disjoint(ranges: readonly Range[]): Range[] {
  const sorted = ranges.toSorted((a, b) => a.family - b.family || (a.first < b.first ? -1 : 1));
  const joined: Range[] = [];
  for (const range of sorted) {
    const before = joined.at(-1);
    if (before === undefined || before.family !== range.family || range.first > before.last) joined.push(range);
    else if (range.last > before.last)
      joined[joined.length - 1] = { ...before, last: range.last, size: range.last - before.first + 1n };
  }
  return joined;
}

function bounded(count: bigint): number {
  const most = BigInt(Number.MAX_SAFE_INTEGER);
  return Number(count > most ? most : count);
}
