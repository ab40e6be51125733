import { formatKey, type KubeClient, mergePatchOf, unlessGone } from '@metal3/kube-client';
import type { Reconcile } from '@metal3/kube-controller';
import { ipPool } from '@metal3/metal3-api';
import { planOf } from '../../allocation/plan.ts';
import type { Clusters } from '../../cluster-api/ports.ts';
import type { Ledgers } from '../../ledger/ledgers.ts';
import { usageOf } from '../../ledger/usage.ts';
import type { AddressRegister } from '../../register/ports.ts';
import type { Pools } from '../ports.ts';
import { standingOf } from '../standing/observe.ts';
import { decideReport } from './decide.ts';

export interface PoolReportParts {
  readonly client: KubeClient;
  readonly pools: Pools;
  readonly clusters: Clusters;
  readonly register: Pick<AddressRegister, 'ofPool'>;
  readonly ledgers: Ledgers;
  readonly clock: { now(): number; monotonic(): number };
}

const shortestPauseMs = 1_000;
/** A pool of 10,000 addresses is an object of half a megabyte: told the less often the larger it is. */
const pausePerEntryMs = 1;

/**
 * Keeps the status of pools up to date: who has which address, how many are free. All of it is derived from the address objects, so it
 * may lag behind: changes that come close together are written once.
 */
export function poolReportPass(parts: PoolReportParts): Reconcile {
  const { client, pools, register, ledgers, clock } = parts;
  const nextAt = new Map<string, number>();
  return async (key, { signal }) => {
    const name = formatKey(key);
    const pool = pools.find(key);
    if (pool === undefined) {
      nextAt.delete(name);
      return undefined;
    }
    const due = nextAt.get(name) ?? 0;
    const early = due - clock.monotonic();
    if (early > 0) return { requeueAfterMs: Math.ceil(early) };

    const standing = standingOf(pool, parts);
    if (standing.kind === 'paused') return undefined;
    // It is about to get one, by a patch that a report written meanwhile would make fail.
    if (standing.kind === 'not-ready' && standing.missing === 'finalizer') return undefined;
    const usage = usageOf(planOf(pool), ledgers.of(key));
    const status = decideReport({
      present: pool.status,
      addresses: register.ofPool(key),
      usage,
      standing,
      now: clock.now(),
    });
    if (status === pool.status) return undefined;

    const entries = Object.keys(status.indexes ?? {}).length;
    nextAt.set(name, clock.monotonic() + Math.ceil(shortestPauseMs + entries * pausePerEntryMs));
    const body = { status: mergePatchOf(pool.status, status) };
    await unlessGone(client.patchStatus(ipPool, key, { type: 'merge', body }, { signal }));
    return undefined;
  };
}
