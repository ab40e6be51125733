import { isDeleting, type KubeClient, type ObjectKey } from '@metal3/kube-client';
import {
  addFinalizer,
  metaTime,
  patchSession,
  type Reconcile,
  type ReconcileContext,
  removeFinalizer,
  setOwnerReference,
} from '@metal3/kube-controller';
import { type IPAddress, type IPPool, ipPool } from '@metal3/metal3-api';
import { formatIp } from '../address/ip.ts';
import { allocator } from '../allocation/allocate.ts';
import { addressOf, decideClaim } from '../claim/decide.ts';
import { decidePool, poolFinalizer } from './decide.ts';
import { performClaim } from './perform.ts';
import type { AddressRegister, ClaimDesk, Clusters, ClusterSummary, PoolWorld } from './ports.ts';

export interface PoolPorts {
  readonly client: KubeClient;
  readonly world: PoolWorld;
  readonly register: AddressRegister;
  readonly desk: ClaimDesk;
  readonly clusters: Clusters;
  readonly clock: { now(): number };
  /** Uniform in [0, 1). */
  readonly lot: () => number;
}

/** Clusters are asked for, not watched: their kind may not be installed. */
const clusterPatienceMs = 30_000;

/**
 * One pass over a pool and all its claims. The pool is the unit of work, so that its addresses are given out by one
 * pass at a time.
 */
export function poolPass(ports: PoolPorts): Reconcile {
  return async (key, context) => {
    const { signal, log } = context;
    const pool = ports.world.findPool(key);
    const cluster = pool === undefined ? undefined : await clusterOf(pool, ports, signal);
    const decision = decidePool(pool, cluster ?? (pool?.spec.clusterName === undefined ? 'none' : 'missing'));

    if (pool === undefined || decision.kind === 'gone') return releaseWithoutPool(key, ports, context);
    if (decision.kind !== 'serve') {
      log.debug({ pool: key.name, decision }, 'the pool is left alone');
      return { requeueAfterMs: clusterPatienceMs };
    }

    const session = patchSession(ports.client, ipPool, pool);
    if (!isDeleting(pool)) prepare(session.draft, cluster);
    await session.save({ signal });

    await serveClaims(session.draft, key, ports, signal);

    const inUse = await dropLostAddresses(key, ports, context);
    recordIndexes(session.draft, inUse, ports.clock.now());
    if (isDeleting(pool) && inUse.length === 0) removeFinalizer(session.draft, poolFinalizer);
    await session.save({ signal });
    return undefined;
  };
}

async function clusterOf(
  pool: IPPool,
  { clusters }: PoolPorts,
  signal: AbortSignal,
): Promise<ClusterSummary | undefined> {
  const { clusterName } = pool.spec;
  return clusterName === undefined
    ? undefined
    : clusters.find({ namespace: pool.metadata.namespace, name: clusterName }, signal);
}

/** Finalizer, and for a cluster's pool the labels and owner by which `clusterctl move` finds it. */
function prepare(draft: IPPool, cluster: ClusterSummary | undefined): void {
  addFinalizer(draft, poolFinalizer);
  if (cluster === undefined) return;
  draft.metadata.labels = {
    ...draft.metadata.labels,
    'cluster.x-k8s.io/cluster-name': cluster.name,
    'cluster.x-k8s.io/provider': 'ipam-metal3',
  };
  const { apiVersion, name, uid } = cluster;
  setOwnerReference(draft, { apiVersion, kind: 'Cluster', name, uid });
}

async function serveClaims(pool: IPPool, key: ObjectKey, ports: PoolPorts, signal: AbortSignal): Promise<void> {
  const { world, register, desk, lot } = ports;
  const addresses = world.addressesOf(key);
  const byClaim = Map.groupBy(addresses, claimUidOf);
  const addressBook = allocator(
    pool.spec,
    addresses.flatMap((address) => addressOf(address) ?? []),
    lot,
  );
  const failures: unknown[] = [];
  for (const claim of world.claimsOf(key)) {
    const found = byClaim.get(claim.metadata.uid ?? '') ?? [];
    const decision = decideClaim({ claim, pool, addresses: found }, addressBook);
    try {
      await performClaim(decision, claim, pool, addressBook, { register, desk, signal });
    } catch (error) {
      signal.throwIfAborted();
      // One claim that cannot be written must not keep the others waiting; the pass is tried again.
      failures.push(error);
    }
  }
  if (failures.length > 0)
    throw new AggregateError(failures, `${failures.length} claims of the pool could not be served`);
}

/** Addresses whose claim has gone without them (someone removed its finalizer) are given back. Answers those in use. */
async function dropLostAddresses(
  key: ObjectKey,
  { world, register, desk }: PoolPorts,
  { signal, log }: ReconcileContext,
): Promise<IPAddress[]> {
  const claims = new Set(world.claimsOf(key).map(({ metadata }) => metadata.uid));
  const kept: IPAddress[] = [];
  for (const address of world.addressesOf(key)) {
    const uid = claimUidOf(address);
    const claimKey = { namespace: address.metadata.namespace, name: address.spec.claim.name ?? '' };
    // Without our owner reference it was made by hand, to keep an address out of use.
    const lost = uid !== '' && !claims.has(uid) && (await desk.isGone({ key: claimKey, uid }, signal));
    if (!lost) {
      kept.push(address);
      continue;
    }
    log.info({ address: address.spec.address, claim: claimKey.name }, 'the claim is gone: its address is given back');
    await register.release(address, signal);
  }
  return kept;
}

/** A pool that is gone cannot hold its claims back. */
async function releaseWithoutPool(key: ObjectKey, ports: PoolPorts, { signal }: ReconcileContext): Promise<undefined> {
  const addresses = Map.groupBy(ports.world.addressesOf(key), claimUidOf);
  for (const claim of ports.world.claimsOf(key)) {
    if (!isDeleting(claim)) continue;
    const pool = { metadata: key } as IPPool;
    const observation = { claim, pool, addresses: addresses.get(claim.metadata.uid ?? '') ?? [] };
    const nothing = allocator({ namePrefix: '' }, [], () => 0);
    await performClaim(decideClaim(observation, nothing), claim, pool, nothing, { ...ports, signal });
  }
  return undefined;
}

function recordIndexes(draft: IPPool, addresses: readonly IPAddress[], now: number): void {
  const present = draft.status?.indexes ?? {};
  const indexes = Object.fromEntries(
    addresses
      .map((address) => [address.spec.claim.name ?? '', textOf(address)] as const)
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );
  const same =
    Object.keys(present).length === Object.keys(indexes).length &&
    Object.entries(indexes).every(([claim, address]) => present[claim] === address);
  if (same) return;
  draft.status = { ...draft.status, indexes, lastUpdated: metaTime(now) };
}

function textOf(address: IPAddress): string {
  const ip = addressOf(address);
  return ip === undefined ? address.spec.address : formatIp(ip);
}

function claimUidOf({ metadata }: IPAddress): string {
  return metadata.ownerReferences?.find(({ kind }) => kind === 'IPClaim')?.uid ?? '';
}
