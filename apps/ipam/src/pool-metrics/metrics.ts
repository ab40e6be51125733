import { keyOf, type ObjectKey } from '@metal3/kube-client';
import { Gauge, Histogram, type Registry } from 'prom-client';
import { planOf } from '../allocation/plan.ts';
import type { IpamBooks } from '../books.ts';
import { type Claim, poolKeyOf } from '../claim/claim.ts';
import { usageOf } from '../ledger/usage.ts';

/** Bounds of the time from a claim to its address; upstream takes seconds under load. */
const buckets = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800];

/**
 * How full each pool is, and how long claims of both APIs wait. Counted when asked, from what this replica knows, so that every replica
 * tells the same and nothing is counted in between.
 *
 * @param now milliseconds since the epoch
 */
export function poolMetrics(
  registry: Registry,
  { pools, claims, ledgers }: Pick<IpamBooks, 'pools' | 'claims' | 'ledgers'>,
  now: () => number,
): void {
  const registers = [registry];
  const labelNames = ['pool_namespace', 'pool'] as const;
  const books = Object.values(claims);
  new Gauge({
    name: 'metal3_ipam_pool_size',
    help: 'Addresses that the ranges of a pool hold',
    labelNames,
    registers,
    collect() {
      this.reset();
      for (const pool of pools.list()) {
        const key = keyOf(pool);
        this.set(labelsOf(key), usageOf(planOf(pool), ledgers.of(key)).total);
      }
    },
  });
  new Gauge({
    name: 'metal3_ipam_pool_addresses_used',
    help: 'Addresses of a pool that are given out',
    labelNames,
    registers,
    collect() {
      this.reset();
      for (const pool of pools.list()) {
        const key = keyOf(pool);
        this.set(labelsOf(key), usageOf(planOf(pool), ledgers.of(key)).used);
      }
    },
  });
  new Gauge({
    name: 'metal3_ipam_claims_waiting',
    help: 'Claims that have no address',
    labelNames,
    registers,
    collect() {
      this.reset();
      for (const pool of pools.list()) this.set(labelsOf(keyOf(pool)), 0);
      for (const book of books) {
        for (const claim of book.list()) if (isWaiting(claim)) this.inc(labelsOf(poolKeyOf(claim)));
      }
    },
  });
  const waited = new Histogram({
    name: 'metal3_ipam_claim_duration_seconds',
    help: 'Time from the creation of a claim (whole seconds) to its address',
    buckets,
    registers,
  });
  for (const book of books) {
    book.onChange(({ before, after }) => {
      if (before === undefined || after === undefined || !isWaiting(before) || isWaiting(after)) return;
      if (after.address !== undefined) waited.observe(Math.max(0, (now() - Date.parse(after.createdAt)) / 1000));
    });
  }
}

function isWaiting({ pool, address, deleting }: Claim): boolean {
  return pool !== undefined && address === undefined && !deleting;
}

function labelsOf({ namespace = '', name }: ObjectKey): { readonly pool_namespace: string; readonly pool: string } {
  return { pool_namespace: namespace, pool: name };
}
