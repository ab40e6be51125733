import { namespace as namespaceKind, type Log } from '@metal3/kube-client';
import {
  cacheAcross,
  controller,
  eventRecorder,
  type CachedClient,
  type Controller,
  type ControllerMetrics,
} from '@metal3/kube-controller';
import { hostClaim, hostDeployPolicy } from '@metal3/metal3-api';
import type { Clock } from '@metal3/service';
import type { HostCaches } from '../host/adapters/kubernetes.ts';
import { recheckedBy } from '../recheck.ts';
import { kubernetesDataCopies } from './adapters/data-copies.ts';
import { kubernetesClaimBook, kubernetesHostPool, type ClaimCaches } from './adapters/kubernetes.ts';
import { claimReconciler } from './controller.ts';
import { claimSources, isWaiting } from './sources.ts';

export interface ClaimSurroundings {
  readonly client: CachedClient;
  readonly namespaces: readonly string[];
  readonly caches: HostCaches;
  /** In [0, 1). */
  readonly lot: () => number;
  readonly metrics?: ControllerMetrics;
  readonly clock: Clock;
  readonly log: Log;
}

/** What claims are decided by; make it once. */
export function claimCaches(
  client: CachedClient,
  namespaces: readonly string[],
  { hosts, hardware }: Pick<HostCaches, 'hosts' | 'hardware'>,
): ClaimCaches {
  return {
    claims: cacheAcross(client, namespaces, hostClaim, { optional: true, indexes: { waiting: isWaiting } }),
    hosts,
    hardware,
    policies: cacheAcross(client, namespaces, hostDeployPolicy, { optional: true }),
    namespaces: client.cache(namespaceKind, { optional: true }),
  };
}

/** The controller of HostClaims. Make it once. */
export function claimController(surroundings: ClaimSurroundings): Controller {
  const { client, namespaces, caches: ofHosts, lot, metrics, clock, log } = surroundings;
  const caches = claimCaches(client, namespaces, ofHosts);
  const events = eventRecorder({ client, component: 'metal3-hostclaim-controller', clock, log });
  const pass = claimReconciler({
    claims: kubernetesClaimBook(client, caches, events),
    hosts: kubernetesHostPool(client, caches, lot),
    data: kubernetesDataCopies(client),
    clock,
  });
  return controller({
    name: 'hostclaim',
    watches: claimSources(caches),
    reconcile: recheckedBy(pass),
    concurrency: 4,
    backOff: { fromMs: 50, toMs: 30_000 },
    clock,
    log,
    ...(metrics === undefined ? {} : { metrics }),
  });
}
