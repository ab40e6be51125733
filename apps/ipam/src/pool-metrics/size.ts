import type { IPPoolSpec } from '@metal3/metal3-api';
import { rangesOf } from '../address/range.ts';

/** How many addresses a pool has to give; one that several entries hold counts once. */
export function poolSize(spec: Pick<IPPoolSpec, 'pools'>): bigint {
  const ranges = rangesOf(spec).toSorted((a, b) => a.family - b.family || (a.first < b.first ? -1 : 1));
  let size = 0n;
  let end: { readonly family: number; readonly last: bigint } | undefined;
  for (const { family, first, last } of ranges) {
    const from = end?.family === family && end.last >= first ? end.last + 1n : first;
    if (last < from) continue;
    size += last - from + 1n;
    end = { family, last };
  }
  return size;
}
