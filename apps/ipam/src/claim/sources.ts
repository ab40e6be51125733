import type { Source } from '@metal3/kube-controller';
import type { ClaimBook } from './ports.ts';

/** What must have been read before the first address is given out: all of it, or an address in use would look free. */
export type Loaded = readonly { whenSynced(signal: AbortSignal): Promise<void> }[];

/** Every claim at the start, and each one that has changed. What makes waiting claims go on rings the bell instead. */
export function claimSource(claims: ClaimBook, loaded: Loaded): Source {
  return {
    async ready(signal) {
      await Promise.all(loaded.map((one) => one.whenSynced(signal)));
    },
    start(enqueue, signal) {
      const stop = claims.onChange(({ before, after }) => {
        const claim = after ?? before;
        if (claim !== undefined) enqueue(claim.key);
      });
      signal.addEventListener('abort', stop, { once: true });
      for (const claim of claims.list()) enqueue(claim.key);
    },
  };
}
