import { type Clock, keyOf } from '@metal3/kube-client';
import { onceInAWhile, type Source } from '@metal3/kube-controller';
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
export function resync({ pools, ledgers, waiting, ...rhythm }: ResyncParts): Source {
  return onceInAWhile(
    () =>
      [...pools.list()].map((pool) => {
        const key = keyOf(pool);
        ledgers.forgetBlocked(key);
        waiting.poolChanged(key);
        return key;
      }),
    rhythm,
  );
}
