/** How many requests a source may make at once, and a second. */
export interface RateLimit {
  readonly burst: number;
  readonly perSecond: number;
}

export interface RateGate {
  /** False when this source has asked too often. */
  admit(source: string, now: number): boolean;
}

/** Sources that are remembered; beyond, the one heard from longest ago is forgotten. */
const mostSources = 4096;

/** Token buckets by source, bounded in number. */
export function rateGate({ burst, perSecond }: RateLimit): RateGate {
  const buckets = new Map<string, { tokens: number; at: number }>();
  return {
    admit(source, now) {
      const bucket = buckets.get(source) ?? { tokens: burst, at: now };
      buckets.delete(source);
      bucket.tokens = Math.min(burst, bucket.tokens + (Math.max(0, now - bucket.at) * perSecond) / 1000);
      bucket.at = now;
      const admitted = bucket.tokens >= 1;
      if (admitted) bucket.tokens--;
      if (buckets.size >= mostSources) {
        const oldest = buckets.keys().next().value;
        if (oldest !== undefined) buckets.delete(oldest);
      }
      buckets.set(source, bucket);
      return admitted;
    },
  };
}
