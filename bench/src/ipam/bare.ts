import { ipAddress, ipClaim } from '@metal3/metal3-api';
import type { IpamSite } from './site.ts';
import { poolName } from './used-addresses.ts';

/** What the machine's API server can do at best: the four writes of a claim's life up to its address, one after the other, and nothing else. */
export interface BareFigures {
  readonly claimsPerSecond: number;
  /** From sending the claim to the answer to its last write. */
  readonly p50ms: number;
  readonly p99ms: number;
  readonly cpuMsPerClaim: Readonly<Record<'apiServer' | 'etcd' | 'maker', number>>;
}

/**
 * Does in a namespace that the service does not serve what it would do, without it: claim, finalizer, address, status. No controller that tells a claim
 * its address by objects can be faster on this machine.
 */
export async function measureBare(
  site: IpamSite,
  { namespace, claims, inFlight }: { readonly namespace: string; readonly claims: number; readonly inFlight: number },
): Promise<BareFigures> {
  const before = site.usage();
  const began = performance.now();
  const latencies: number[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < claims) {
      const sent = performance.now();
      await serve(site, namespace, next++);
      latencies.push(performance.now() - sent);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
  const seconds = (performance.now() - began) / 1000;
  const after = site.usage();
  const each = (of: 'apiServer' | 'etcd' | 'maker') => round((after[of].cpuMs - before[of].cpuMs) / claims);
  const sorted = latencies.toSorted((a, b) => a - b);
  const percentile = (part: number) => round(sorted[Math.min(claims - 1, Math.floor(claims * part))] ?? 0);
  return {
    claimsPerSecond: round(claims / seconds),
    p50ms: percentile(0.5),
    p99ms: percentile(0.99),
    cpuMsPerClaim: { apiServer: each('apiServer'), etcd: each('etcd'), maker: each('maker') },
  };
}

async function serve({ client }: IpamSite, namespace: string, at: number): Promise<void> {
  const name = `bare-${at}`;
  const key = { namespace, name };
  const pool = { name: poolName, namespace };
  const { metadata } = await client.create(ipClaim, { metadata: key, spec: { pool } });
  await client.patch(ipClaim, key, { type: 'merge', body: { metadata: { finalizers: ['bench.metal3.io/bare'] } } });
  const owner = { apiVersion: 'ipam.metal3.io/v1alpha1', kind: 'IPClaim', name, uid: metadata.uid ?? '' };
  const address = `10.200.${at >> 8}.${at & 255}`;
  await client.create(ipAddress, {
    metadata: { namespace, name: `bare-${address.replaceAll('.', '-')}`, ownerReferences: [owner] },
    spec: { address, pool, claim: { name, namespace }, prefix: 16, gateway: '10.200.255.254' },
  });
  const status = { address: { name: `bare-${address.replaceAll('.', '-')}`, namespace } };
  await client.patchStatus(ipClaim, key, { type: 'merge', body: { status } });
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
