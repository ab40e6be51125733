import { type Clock, keyOf } from '@metal3/kube-client';
import type { Source } from '@metal3/kube-controller';
import type { WaitingClaims } from '../claim/waiting.ts';
import type { Ledgers } from '../ledger/ledgers.ts';
import type { Pools } from './ports.ts';

export interface ResyncParts {
  readonly pools: Pools;
  readonly ledgers: Ledgers;
  readonly waiting: WaitingClaims;
  readonly clock: Clock;
  readonly everyMs: number;
}

/** Has every pool, and every claim that waits, looked at once in a while, whether anything is known to have changed or not. */
export function resync({ pools, ledgers, waiting, clock, everyMs }: ResyncParts): Source {
  return {
    async ready() {},
    start(enqueue, signal) {
      let cancel = (): void => {};
      const plan = (): void => {
        cancel = clock.after(everyMs, () => {
          for (const pool of pools.list()) {
            const key = keyOf(pool);
            ledgers.forgetBlocked(key);
            waiting.poolChanged(key);
            enqueue(key);
          }
          plan();
        });
      };
      plan();
      signal.addEventListener('abort', () => cancel(), { once: true });
    },
  };
}
