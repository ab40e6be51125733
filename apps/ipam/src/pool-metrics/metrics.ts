import { keyOf, type ObjectKey } from '@metal3/kube-client';
import type { IPClaim, IPPool } from '@metal3/metal3-api';
import { Gauge, Histogram, type Registry } from 'prom-client';
import type { IpamCaches } from '../pool/adapters/kubernetes.ts';
import { poolKeyOf } from '../pool/key.ts';
import { poolSize } from './size.ts';

/** Bounds of the time from a claim to its address; upstream takes seconds under load. */
const buckets = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800];

/**
 * How full each pool is, and how long claims wait. Counted when asked, from what this replica knows, so that every replica tells the
 * same and nothing is counted in between.
 *
 * @param now milliseconds since the epoch
 */
export function poolMetrics(registry: Registry, { pools, claims, addresses }: IpamCaches, now: () => number): void {
  const registers = [registry];
  const labelNames = ['pool_namespace', 'pool'] as const;
  new Gauge({
    name: 'metal3_ipam_pool_size',
    help: 'Addresses that the ranges of a pool hold',
    labelNames,
    registers,
    collect() {
      this.reset();
      for (const pool of pools.list()) this.set(labelsOf(pool), Number(poolSize(pool.spec)));
    },
  });
  new Gauge({
    name: 'metal3_ipam_pool_addresses_used',
    help: 'Addresses of a pool that are given out',
    labelNames,
    registers,
    collect() {
      this.reset();
      for (const pool of pools.list()) this.set(labelsOf(pool), 0);
      for (const address of addresses.list()) this.inc(labelsOfKey(poolKeyOf(address)));
    },
  });
  new Gauge({
    name: 'metal3_ipam_claims_waiting',
    help: 'Claims that have no address',
    labelNames,
    registers,
    collect() {
      this.reset();
      for (const pool of pools.list()) this.set(labelsOf(pool), 0);
      for (const claim of claims.list({ where: isWaiting })) this.inc(labelsOfKey(poolKeyOf(claim)));
    },
  });
  const waited = new Histogram({
    name: 'metal3_ipam_claim_duration_seconds',
    help: 'Time from the creation of a claim (whole seconds) to its address',
    buckets,
    registers,
  });
  claims.onChange(({ before, after }) => {
    if (before === undefined || after === undefined || !isWaiting(before) || isWaiting(after)) return;
    waited.observe(Math.max(0, (now() - Date.parse(after.metadata.creationTimestamp ?? '')) / 1000));
  });
}

function isWaiting({ metadata, status }: IPClaim): boolean {
  return status?.address === undefined && metadata.deletionTimestamp === undefined;
}

function labelsOf(pool: IPPool): Labels {
  return labelsOfKey(keyOf(pool));
}

function labelsOfKey({ namespace = '', name }: ObjectKey): Labels {
  return { pool_namespace: namespace, pool: name };
}

interface Labels {
  readonly pool_namespace: string;
  readonly pool: string;
}
