import { Fault } from '../faults.ts';

const mostAddresses = 10_000;

interface Bucket {
  tokens: number;
  filledAt: number;
}

/**
 * A token bucket for each caller's address: bursts of two seconds' worth, then `perSecond`. A machine in a boot loop or a stray scanner must
 * not keep the others from being heard.
 *
 * @param now milliseconds on a scale that never jumps
 * @returns a check that throws Fault (429) for a caller that asks too often
 */
export function agentRateLimit(perSecond: number, now: () => number): (address: string) => void {
  if (perSecond === 0) return () => {};
  const burst = perSecond * 2;
  const buckets = new Map<string, Bucket>();
  return (address) => {
    const at = now();
    let bucket = buckets.get(address);
    if (bucket === undefined) {
      if (buckets.size >= mostAddresses) buckets.delete(buckets.keys().next().value ?? '');
      bucket = { tokens: burst, filledAt: at };
      buckets.set(address, bucket);
    }
    bucket.tokens = Math.min(burst, bucket.tokens + ((at - bucket.filledAt) / 1000) * perSecond);
    bucket.filledAt = at;
    if (bucket.tokens < 1)
      throw new Fault('too-many', `Too many requests from ${address}: ${perSecond} a second are taken`);
    bucket.tokens -= 1;
  };
}
