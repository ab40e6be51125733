import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { isKubeError } from '@metal3/kube-client';
import { ipClaim } from '@metal3/metal3-api';
import { type BareFigures, measureBare } from './bare.ts';
import { runClaims, type ClaimFigures } from './claims.ts';
import { startIpamSite, type IpamSite } from './site.ts';
import { poolName, startAfresh, useAddresses } from './used-addresses.ts';
import { legs, type Way } from './way.ts';

export interface IpamFigures {
  /** By the number of addresses used before. */
  readonly used: Readonly<Record<string, Level>>;
  /** 5,000 claims, 20 in flight. */
  readonly inARow: ClaimFigures;
  /** The same writes by the bench itself, 20 in flight with nothing used before, the service idle: what any service is bound by here. */
  readonly bare: BareFigures;
  /** After kill -9: until the service says that it is ready, and until a claim made meanwhile has its address. */
  readonly restart:
    { readonly addresses: number; readonly readySeconds: number; readonly servingSeconds: number } | undefined;
  /** Leg by leg, where the time of a claim goes with nothing used before: from a run of its own, since recording costs the API server some. */
  readonly ways: Readonly<Record<string, Way | null>>;
  /** Allocations per second of the allocator alone, without Kubernetes. */
  readonly allocationsPerSecond: Readonly<Record<string, number>>;
  readonly seconds: number;
}

interface Level {
  /** 100 claims made at once. */
  readonly burst: ClaimFigures;
  /** 500 claims, 20 in flight: how many a second the machine can do. */
  readonly inFlight20: ClaimFigures;
  /** 200 claims, 40 a second come what may: how long one of them takes. */
  readonly steady40: ClaimFigures;
}

const levels = [0, 1_000, 5_000, 10_000, 50_000];
const restartAt = 20_000;
const namespace = 'metal3';
const inFlight20 = { claims: 500, pace: { inFlight: 20 }, limitSeconds: 30 } as const;
const steady40 = { claims: 200, pace: { perSecond: 40 }, limitSeconds: 20 } as const;

type Say = (line: string) => void;

/** Measures ipam from outside: real API server, real etcd, the service as a process of its own. Takes less than eight minutes. */
export async function measureIpam(root: string, say: Say): Promise<IpamFigures> {
  const began = performance.now();
  const allocationsPerSecond = await allocatorAlone(root);
  say(`allocator alone: ${JSON.stringify(allocationsPerSecond)} a second`);
  const ways = await legByLeg(root, say);
  const site = await startIpamSite({ root, say });
  try {
    const row = { ...(await begin(site, 'row', 0, say)), claims: 5_000, pace: { inFlight: 20 }, limitSeconds: 90 };
    const inARow = await runClaims(site, { ...row, name: 'row' });
    say(`5,000 in a row with 20 in flight: ${sentence(inARow)}`);
    await startAfresh(site, 'bare');
    const bare = await measureBare(site, { namespace: 'bare', claims: 500, inFlight: 20 });
    const { apiServer, etcd, maker } = bare.cpuMsPerClaim;
    say(
      `the same writes without the service, 20 in flight: ${bare.claimsPerSecond}/s, p50 ${bare.p50ms} ms, p99 ${bare.p99ms} ms, ` +
        `CPU API server ${apiServer} ms, etcd ${etcd}, maker ${maker}`,
    );
    await site.stopService();

    const used: Record<string, Level> = {};
    let restart: IpamFigures['restart'] | undefined;
    for (const level of levels) {
      if (level > restartAt) restart ??= await restartWith(site, restartAt, say);
      used[level] = await measureLevel(site, level, say);
    }
    return {
      used,
      inARow,
      bare,
      restart,
      ways,
      allocationsPerSecond,
      seconds: round((performance.now() - began) / 1000),
    };
  } finally {
    await site.stop();
  }
}

async function measureLevel(site: IpamSite, level: number, say: Say): Promise<Level> {
  const { used } = await begin(site, namespace, level, say);
  const atOnce = { claims: 100, pace: 'at once', limitSeconds: 20 } as const;
  const burst = await runClaims(site, { ...atOnce, namespace, used, name: `burst-${level}` });
  say(`${level} used, 100 more at once: ${sentence(burst)}`);
  const flight = { ...inFlight20, namespace, used: used + burst.served, name: `flight-${level}` };
  const closed = await runClaims(site, flight);
  say(`${level} used, 500 more with 20 in flight: ${sentence(closed)}`);
  const steady = { ...steady40, namespace, used: flight.used + closed.served, name: `steady-${level}` };
  const open = await runClaims(site, steady);
  say(`${level} used, 200 more, 40 a second: ${sentence(open)}`);
  await site.stopService();
  return { burst, inFlight20: closed, steady40: open };
}

/** On a control plane that records its writes. */
async function legByLeg(root: string, say: Say): Promise<IpamFigures['ways']> {
  const site = await startIpamSite({ root, say, records: true });
  try {
    const { used } = await begin(site, namespace, 0, say);
    const closed = await runClaims(site, { ...inFlight20, namespace, used, name: 'flight' });
    const steady = { ...steady40, namespace, used: used + closed.served, name: 'steady' };
    const ways = { inFlight20: closed.way, steady40: (await runClaims(site, steady)).way };
    for (const [pace, way] of Object.entries(ways)) {
      say(
        `${pace}, half of them took at most: ${legs.map((leg) => `${leg} ${way?.[leg].p50ms ?? '-'} ms`).join(', ')}`,
      );
    }
    return ways;
  } finally {
    await site.stop();
  }
}

/** Starts the service on a pool with so many addresses in use. */
async function begin(site: IpamSite, where: string, addresses: number, say: Say) {
  if (addresses === 0) await startAfresh(site, where);
  const began = performance.now();
  await useAddresses(site, where, addresses);
  const loaded = round((performance.now() - began) / 1000);
  const { readySeconds } = await site.startService(where);
  await untilReviewed(site, where);
  // Some claims more, so that what a start costs is over.
  const first = { namespace: where, name: `first-${addresses}`, claims: 20, pace: { inFlight: 20 }, limitSeconds: 60 };
  await runClaims(site, { ...first, used: addresses });
  say(
    `${addresses} addresses in use after ${loaded} s, the service was ready ${round(readySeconds)} s after its start`,
  );
  return { namespace: where, used: addresses + first.claims };
}

/** Until the API server asks the webhooks of this start. */
async function untilReviewed({ client }: IpamSite, where: string): Promise<void> {
  const end = performance.now() + 60_000;
  const bad = { metadata: { namespace: where, name: 'bad' }, spec: { pool: { name: '' } } };
  for (;;) {
    const refused = await client.create(ipClaim, bad, { dryRun: true }).then(
      () => false,
      (error: unknown) => isKubeError(error, 'Invalid'),
    );
    if (refused) return;
    if (performance.now() > end) throw new Error('the webhooks of the service are not asked');
    await delay(100);
  }
}

async function restartWith(site: IpamSite, addresses: number, say: Say) {
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
}: ClaimFigures): string {
  const short = served < asked ? ` (only ${served} of ${asked} in time)` : '';
  const { ipam, apiServer, etcd, maker } = cpuMsPerClaim;
  return (
    `${claimsPerSecond} claims/s${short}, p50 ${p50ms} ms, p99 ${p99ms} ms, CPU ${ipam} ms a claim (API server ${apiServer}, ` +
    `etcd ${etcd}, maker ${maker}), ${writesPerClaim} writes a claim, ${writesRefused} refused, ${pssMiB} MiB`
  );
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
