import { setTimeout as delay } from 'node:timers/promises';
import type { KubeClient, WatchOptions } from '@metal3/kube-client';
import { ipClaim, ipPool } from '@metal3/metal3-api';
import { poolName } from './used-addresses.ts';
import type { IpamSite, Measured } from './site.ts';
import type { SeenClaim, Way } from './way.ts';
import { writesBetween } from './writes.ts';

/** What a run of claims took, seen by somebody who makes them and watches them. */
export interface ClaimFigures {
  readonly asked: number;
  /** Fewer than asked when the time was up. */
  readonly served: number;
  readonly claimsPerSecond: number;
  /** From sending the claim to the event that shows its address. */
  readonly p50ms: Figure;
  readonly p99ms: Figure;
  readonly cpuMsPerClaim: Readonly<Record<Measured, Figure>>;
  /** Those that the API server accepted, Events and the pool's status included. */
  readonly writesPerClaim: Figure;
  readonly writesRefused: number;
  readonly writes: Readonly<Record<string, number>>;
  /** Where the time from claim to address went, where the site records it. */
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
  /** Addresses that are in use before. */
  readonly used: number;
  readonly pace: Pace;
  readonly limitSeconds: number;
}

/** When the next claim is made. */
export type Pace =
  /** When one of so many has its address: a closed loop, in which the time from claim to address is that number divided by the claims a second. */
  | { readonly inFlight: number }
  /** All of them as fast as they can be made. */
  | 'at once'
  /** So many a second, whether those before have their addresses or not: an open loop. */
  | { readonly perSecond: number };

/** Our own requests at one time, also where all claims are made at once. */
const creators = 20;
const settleLimitMs = 60_000;

/** Makes claims and waits until each has its address, then until the service has nothing left to write. */
export async function runClaims(
  site: IpamSite,
  { namespace, name, claims, used, pace, limitSeconds }: ClaimRun,
): Promise<ClaimFigures> {
  const { client } = site;
  const over = AbortSignal.timeout(limitSeconds * 1000);
  const watching = new AbortController();
  const waiting: Waiting = new Map();
  const { resourceVersion } = await client.list(ipClaim, { namespace, limit: 1 });
  const watched = follow(client, { namespace, resourceVersion, signal: watching.signal }, waiting);
  // A watch that fails is told below; one that still runs when something else fails ends with its client.
  watched.catch(() => undefined);

  const writesBefore = await site.writes();
  const mark = site.mark();
  const before = site.usage();
  const began = performance.now();
  const latencies: number[] = [];
  const seen: SeenClaim[] = [];
  let lastServed = began;
  let next = 0;
  const timeIsUp = new Promise<void>((resolve) => over.addEventListener('abort', () => resolve(), { once: true }));
  const make = async (sent = performance.now()): Promise<{ readonly served: Promise<void> }> => {
    const claim = `${name}-${next++}`;
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
  if (pace === 'at once') {
    const pending: Promise<void>[] = [];
    await side(creators, async () => {
      while (next < claims && !over.aborted) pending.push((await make()).served);
    });
    await Promise.all(pending);
  } else if ('inFlight' in pace) {
    await side(pace.inFlight, async () => {
      while (next < claims && !over.aborted) await (await make()).served;
    });
  } else {
    const pending: Promise<void>[] = [];
    while (next < claims && !over.aborted) {
      // From when it was due: a maker that comes late makes claims wait, too.
      const due = began + (next * 1000) / pace.perSecond;
      await delay(Math.max(0, due - performance.now()));
      pending.push(make(due).then(({ served }) => served));
    }
    await Promise.all(pending);
  }
  const served = latencies.length;
  const seconds = (lastServed - began) / 1000;

  await untilTold(site, namespace, used + served);
  const after = site.usage();
  const writes = writesBetween(writesBefore, await site.writes());
  watching.abort();
  await watched;
  const each = (sum: number): Figure => (served === 0 ? null : round(sum / served));
  const ofEach = (of: Measured) => each(after[of].cpuMs - before[of].cpuMs);
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
    cpuMsPerClaim: {
      ipam: ofEach('ipam'),
      apiServer: ofEach('apiServer'),
      etcd: ofEach('etcd'),
      maker: ofEach('maker'),
    },
    writesPerClaim: each(writes.accepted),
    writesRefused: writes.refused,
    writes: writes.byCall,
    way: (await site.waySince(mark, seen)) ?? null,
    pssMiB: round(after.ipam.pssMiB),
  };
}

type Waiting = Map<string, (address: string) => void>;

/** Goes on where it was when the API server ends a watch, as it does with a watcher that is slow for a while. */
async function follow(client: KubeClient, from: WatchOptions, waiting: Waiting): Promise<void> {
  const isOver = (): boolean => from.signal?.aborted === true;
  let { resourceVersion } = from;
  while (!isOver()) {
    try {
      for await (const event of client.watch(ipClaim, { ...from, resourceVersion })) {
        if (event.type === 'BOOKMARK') {
          ({ resourceVersion } = event);
          continue;
        }
        const { metadata, status } = event.object;
        ({ resourceVersion } = metadata);
        const address = status?.address?.name;
        if (address === undefined) continue;
        const { name = '' } = metadata;
        waiting.get(name)?.(address);
        waiting.delete(name);
      }
    } catch (error) {
      if (!isOver()) throw error;
    }
  }
}

/** Until the pool's status tells of all of them: it is written in batches, and belongs to its claims. */
async function untilTold({ client }: IpamSite, namespace: string, used: number): Promise<void> {
  const end = performance.now() + settleLimitMs;
  while (performance.now() < end) {
    const { status } = await client.get(ipPool, { namespace, name: poolName });
    if ((status?.addresses?.used ?? 0) >= used) return;
    await delay(500);
  }
}

async function side(count: number, work: () => Promise<void>): Promise<void> {
  await Promise.all(Array.from({ length: count }, work));
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
