import type { Log } from '@metal3/kube-client';
import { cacheAcross, controller, type CachedClient, type Controller } from '@metal3/kube-controller';
import { bareMetalHost, metal3Cluster, metal3Machine } from '@metal3/metal3-api';
import type { Clock, Random } from '@metal3/service';
import { clusterPass } from './cluster/controller.ts';
import { clusterSources } from './cluster/sources.ts';
import { cluster, machine } from './cluster-api/kinds.ts';
import { cachedWorld, kubernetesHostBook } from './machine/adapters/kubernetes.ts';
import { kubeconfigWorkloadNodes } from './machine/adapters/workload-nodes.ts';
import { machinePass } from './machine/controller.ts';
import { machineSources, type MachineCaches } from './machine/sources.ts';

export interface Capm3Surroundings {
  readonly client: CachedClient;
  readonly caches: MachineCaches;
  readonly concurrency: number;
  readonly fastTrack: boolean;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: Random;
}

/** What capm3 watches. @param namespaces empty for all */
export function capm3Caches(client: CachedClient, namespaces: readonly string[]): MachineCaches {
  return {
    metal3Machines: cacheAcross(client, namespaces, metal3Machine),
    metal3Clusters: cacheAcross(client, namespaces, metal3Cluster),
    machines: cacheAcross(client, namespaces, machine),
    clusters: cacheAcross(client, namespaces, cluster),
    hosts: cacheAcross(client, namespaces, bareMetalHost),
  };
}

/** One controller per kind, over shared caches. */
export function capm3Controllers(surroundings: Capm3Surroundings): readonly Controller[] {
  const { client, caches, clock, log, random, concurrency, fastTrack } = surroundings;
  return [
    controller({
      name: 'metal3cluster',
      watches: clusterSources({ ...caches, clock }),
      reconcile: clusterPass(client, { ...caches, clock }),
      clock,
      log,
    }),
    controller({
      name: 'metal3machine',
      watches: machineSources(caches),
      reconcile: machinePass(client, caches.metal3Machines, {
        world: cachedWorld(caches),
        hosts: kubernetesHostBook(client),
        nodes: kubeconfigWorkloadNodes(client, { log, now: () => clock.now() }),
        clock,
        lot: () => random.fraction(),
        fastTrack,
      }),
      concurrency,
      clock,
      log,
    }),
  ];
}
