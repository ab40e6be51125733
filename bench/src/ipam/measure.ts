import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { ipClaim } from '@metal3/metal3-api';
import { runClaims, type ClaimFigures } from './claims.ts';
import { startIpamSite, type IpamSite } from './site.ts';
import { poolName, startAfresh, useAddresses } from './used-addresses.ts';
import { legs } from './way.ts';

export interface IpamFigures {
  /** By the number of addresses used before: 100 claims made at once, then some with 20 in flight. */
  readonly used: Readonly<Record<string, { readonly burst: ClaimFigures; readonly inFlight20: ClaimFigures }>>;
  readonly inARow: ClaimFigures;
  /** After kill -9: until the service says that it is ready, and until a claim made meanwhile has its address. */
  readonly restart:
    { readonly addresses: number; readonly readySeconds: number; readonly servingSeconds: number } | undefined;
  /** Allocations per second of the allocator alone, without Kubernetes. */
  readonly allocationsPerSecond: Readonly<Record<string, number>>;
  readonly seconds: number;
}

const levels = [0, 1_000, 5_000, 10_000, 50_000];
const restartAt = 20_000;
const namespace = 'metal3';

/** Measures ipam from outside: real API server, real etcd, the service as a process of its own. Takes less than six minutes. */
export async function measureIpam(root: string, say: (line: string) => void): Promise<IpamFigures> {
  const began = performance.now();
  const allocationsPerSecond = await allocatorAlone(root);
  say(`allocator alone: ${JSON.stringify(allocationsPerSecond)} a second`);
  const site = await startIpamSite(root, say);
  try {
    await begin(site, 'row', 0, say);
    const row = { namespace: 'row', name: 'row', claims: 5_000, inFlight: 20, limitSeconds: 60 };
    const inARow = await runClaims(site, row);
    say(`5,000 in a row with 20 in flight: ${sentence(inARow)}`);
    await site.stopService();

    const used: Record<string, { burst: ClaimFigures; inFlight20: ClaimFigures }> = {};
    let restart: IpamFigures['restart'] | undefined;
    for (const level of levels) {
      if (level > restartAt) restart ??= await restartWith(site, restartAt, say);
      await begin(site, namespace, level, say);
      const run = { namespace, name: `burst-${level}`, claims: 100, inFlight: 100, limitSeconds: 20 };
      const burst = await runClaims(site, run);
      say(`${level} used, 100 more at once: ${sentence(burst)}`);
      const inFlight20 = await runClaims(site, { ...run, name: `flight-${level}`, claims: 200, inFlight: 20 });
      say(`${level} used, 200 more with 20 in flight: ${sentence(inFlight20)}`);
      used[level] = { burst, inFlight20 };
      await site.stopService();
    }
    return { used, inARow, restart, allocationsPerSecond, seconds: round((performance.now() - began) / 1000) };
  } finally {
    await site.stop();
  }
}

/** Starts the service on a pool with so many addresses in use. */
async function begin(site: IpamSite, where: string, addresses: number, say: (line: string) => void): Promise<void> {
  if (addresses === 0) await startAfresh(site, where);
  const began = performance.now();
  await useAddresses(site, where, addresses);
  const loaded = round((performance.now() - began) / 1000);
  const { readySeconds } = await site.startService(where);
  // One claim more, so that what a start costs is over.
  const first = { namespace: where, name: `first-${addresses}`, claims: 1, inFlight: 1, limitSeconds: 60 };
  await runClaims(site, first);
  say(
    `${addresses} addresses in use after ${loaded} s, the service was ready ${round(readySeconds)} s after its start`,
  );
}

async function restartWith(site: IpamSite, addresses: number, say: (line: string) => void) {
  await begin(site, namespace, addresses, say);
  await site.stopService('SIGKILL');
  const { client } = site;
  const key = { namespace, name: 'made-meanwhile' };
  await client.create(ipClaim, { metadata: key, spec: { pool: { name: poolName, namespace } } });
  const began = performance.now();
  const { readySeconds } = await site.startService(namespace);
  while ((await client.get(ipClaim, key)).status?.address === undefined) {
    if (performance.now() - began > 60_000)
      throw new Error('a claim made while the service was down is not served in 60 s');
    await delay(20);
  }
  const servingSeconds = round((performance.now() - began) / 1000);
  say(`restart with ${addresses} addresses: ready after ${round(readySeconds)} s, serving after ${servingSeconds} s`);
  await site.stopService();
  return { addresses, readySeconds: round(readySeconds), servingSeconds };
}

async function allocatorAlone(root: string): Promise<Record<string, number>> {
  const script = join(root, 'apps/ipam/bench/allocator.ts');
  const { stdout } = await promisify(execFile)(process.execPath, ['--disable-warning=ExperimentalWarning', script]);
  return JSON.parse(stdout) as Record<string, number>;
}

function sentence({
  asked,
  served,
  claimsPerSecond,
  p50ms,
  p99ms,
  cpuMsPerClaim,
  writesPerClaim,
  writesRefused,
  pssMiB,
  way,
}: ClaimFigures): string {
  const short = served < asked ? ` (only ${served} of ${asked} in time)` : '';
  return (
    `${claimsPerSecond} claims/s${short}, p50 ${p50ms} ms, p99 ${p99ms} ms, CPU ${cpuMsPerClaim.ipam} ms a claim ` +
    `(API server ${cpuMsPerClaim.apiServer}, etcd ${cpuMsPerClaim.etcd}), ${writesPerClaim} writes a claim, ${writesRefused} refused, ${pssMiB} MiB; half of them took at most, leg by leg: ` +
    legs.map((leg) => `${leg} ${way?.[leg].p50ms ?? '-'} ms`).join(', ')
  );
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
