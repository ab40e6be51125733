import { formatKey, type KubeClient, mergePatchOf, unlessGone } from '@metal3/kube-client';
import type { Reconcile } from '@metal3/kube-controller';
import { type IPPool, ipPool } from '@metal3/metal3-api';
import { planOf } from '../../allocation/plan.ts';
import type { Clusters } from '../../cluster-api/ports.ts';
import type { Ledgers } from '../../ledger/ledgers.ts';
import { usageOf } from '../../ledger/usage.ts';
import type { AddressRegister } from '../../register/ports.ts';
import type { Pools } from '../ports.ts';
import { standingOf } from '../standing/observe.ts';
import { decideReport, mostIndexes } from './decide.ts';

export interface PoolReportParts {
  readonly client: KubeClient;
  readonly pools: Pools;
  readonly clusters: Clusters;
  readonly register: Pick<AddressRegister, 'ofPool'>;
  readonly ledgers: Ledgers;
  readonly clock: { now(): number; monotonic(): number };
}

const shortestPauseMs = 1_000;
/**
 * A pool of 10,000 addresses is an object of half a megabyte, and to write it costs the API server about as much as a hundred claims:
 * the larger it is, the longer what changes is gathered before it is told.
 */
const gatherPerEntryMs = 2;

/**
 * Keeps the status of pools up to date: who has which address, how many are free. All of it is derived from the address objects, so it
 * may lag behind: changes that come close together are written once.
 */
export function poolReportPass(parts: PoolReportParts): Reconcile {
  const { client, pools, register, ledgers, clock } = parts;
  const toldAt = new Map<string, number>();
  const changedAt = new Map<string, number>();
  return async (key, { signal }) => {
    const name = formatKey(key);
    const pool = pools.find(key);
    if (pool === undefined) {
      toldAt.delete(name);
      changedAt.delete(name);
      return undefined;
    }
    const since = changedAt.get(name) ?? clock.monotonic();
    changedAt.set(name, since);
    const pauseEnds = (toldAt.get(name) ?? -Infinity) + shortestPauseMs;
    const early = Math.max(pauseEnds, since + entriesOf(pool) * gatherPerEntryMs) - clock.monotonic();
    if (early > 0) return { requeueAfterMs: Math.ceil(early) };
    changedAt.delete(name);

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

    toldAt.set(name, clock.monotonic());
    const body = { status: mergePatchOf(pool.status, status) };
    await unlessGone(client.patchStatus(ipPool, key, { type: 'merge', body }, { signal }));
    return undefined;
  };
}

/** Of `status.indexes`, without counting them. */
function entriesOf({ status }: IPPool): number {
  return Math.min(status?.addresses?.used ?? 0, mostIndexes);
}
