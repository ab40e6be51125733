import { setTimeout as delay } from 'node:timers/promises';
import type { KubeClient, WatchOptions } from '@metal3/kube-client';
import { ipClaim } from '@metal3/metal3-api';
import { poolName } from './used-addresses.ts';
import type { IpamSite } from './site.ts';
import type { SeenClaim, Way } from './way.ts';

/** What a run of claims took, seen by somebody who makes them and watches them. */
export interface ClaimFigures {
  readonly asked: number;
  /** Fewer than asked when the time was up. */
  readonly served: number;
  readonly claimsPerSecond: number;
  /** From sending the claim to the event that shows its address. */
  readonly p50ms: Figure;
  readonly p99ms: Figure;
  readonly cpuMsPerClaim: Readonly<Record<'ipam' | 'apiServer' | 'etcd', Figure>>;
  /** Those that the API server accepted, Events included. */
  readonly writesPerClaim: Figure;
  readonly writesRefused: number;
  readonly writes: Readonly<Record<string, number>>;
  /** Where the time from claim to address went. */
  readonly way: Way | null;
  /** Of the service at the end. */
  readonly pssMiB: number;
}

/** null when no claim was served. */
type Figure = number | null;

export interface ClaimRun {
  readonly namespace: string;
  readonly name: string;
  readonly claims: number;
  /** Claims made and not yet served, at most; `claims` makes them all at once. */
  readonly inFlight: number;
  readonly limitSeconds: number;
}

/** Our own requests at one time, also where all claims are made at once. */
const creators = 20;
const settledMs = 1_200;
const settleLimitMs = 15_000;

/** Makes claims and waits until each has its address, then until the service has nothing left to write. */
export async function runClaims(
  site: IpamSite,
  { namespace, name, claims, inFlight, limitSeconds }: ClaimRun,
): Promise<ClaimFigures> {
  const { client } = site;
  const over = AbortSignal.timeout(limitSeconds * 1000);
  const watching = new AbortController();
  const waiting: Waiting = new Map();
  const { resourceVersion } = await client.list(ipClaim, { namespace, limit: 1 });
  const watched = follow(client, { namespace, resourceVersion, signal: watching.signal }, waiting);
  // A watch that fails is told below; one that still runs when something else fails ends with its client.
  watched.catch(() => undefined);

  const mark = site.markWrites();
  const before = site.usage();
  const began = performance.now();
  const latencies: number[] = [];
  const seen: SeenClaim[] = [];
  let lastServed = began;
  let next = 0;
  const timeIsUp = new Promise<void>((resolve) => over.addEventListener('abort', () => resolve(), { once: true }));
  const make = async (): Promise<{ readonly served: Promise<void> }> => {
    const claim = `${name}-${next++}`;
    const sent = performance.now();
    const served = new Promise<string>((resolve) => waiting.set(claim, resolve)).then((address) => {
      lastServed = performance.now();
      latencies.push(lastServed - sent);
      const { timeOrigin } = performance;
      seen.push({ name: claim, address, sentAt: timeOrigin + sent, servedAt: timeOrigin + lastServed });
    });
    const pool = { name: poolName, namespace };
    await client.create(ipClaim, { metadata: { namespace, name: claim }, spec: { pool } });
    return { served: Promise.race([served, timeIsUp]) };
  };
  const pending: Promise<void>[] = [];
  const worker = async (): Promise<void> => {
    while (next < claims && !over.aborted) {
      const { served } = await make();
      if (inFlight < claims) await served;
      else pending.push(served);
    }
  };
  await Promise.all(Array.from({ length: Math.min(creators, inFlight) }, worker));
  await Promise.all(pending);
  const served = latencies.length;
  const seconds = (lastServed - began) / 1000;

  const writes = await settledWrites(site, mark);
  const after = site.usage();
  watching.abort();
  await watched;
  const each = (sum: number): Figure => (served === 0 ? null : round(sum / served));
  const ofEach = (of: 'ipam' | 'apiServer' | 'etcd') => each(after[of].cpuMs - before[of].cpuMs);
  const sorted = latencies.toSorted((a, b) => a - b);
  const percentile = (part: number): Figure => {
    const found = sorted[Math.min(served - 1, Math.floor(served * part))];
    return found === undefined ? null : round(found);
  };
  return {
    asked: claims,
    served,
    claimsPerSecond: served === 0 ? 0 : round(served / seconds),
    p50ms: percentile(0.5),
    p99ms: percentile(0.99),
    cpuMsPerClaim: { ipam: ofEach('ipam'), apiServer: ofEach('apiServer'), etcd: ofEach('etcd') },
    writesPerClaim: each(writes.accepted),
    writesRefused: writes.refused,
    writes: writes.byCall,
    way: (await site.waySince(mark, seen)) ?? null,
    pssMiB: round(after.ipam.pssMiB),
  };
}

type Waiting = Map<string, (address: string) => void>;

async function follow(client: KubeClient, from: WatchOptions, waiting: Waiting): Promise<void> {
  try {
    for await (const event of client.watch(ipClaim, from)) {
      if (event.type === 'BOOKMARK') continue;
      const address = event.object.status?.address?.name;
      if (address === undefined) continue;
      const name = event.object.metadata.name ?? '';
      waiting.get(name)?.(address);
      waiting.delete(name);
    }
  } catch (error) {
    if (!from.signal?.aborted) throw error;
  }
}

/** The service's writes, once it has stopped writing: a status that is written in batches belongs to its claims. */
async function settledWrites(site: IpamSite, mark: number): ReturnType<IpamSite['writesSince']> {
  const end = Date.now() + settleLimitMs;
  let last = await site.writesSince(mark);
  for (;;) {
    await delay(settledMs);
    const writes = await site.writesSince(mark);
    if (writes.accepted + writes.refused === last.accepted + last.refused || Date.now() > end) return writes;
    last = writes;
  }
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
