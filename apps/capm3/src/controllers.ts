import type { Log } from '@metal3/kube-client';
import {
  cacheAcross,
  controller,
  type CachedClient,
  type Controller,
  type ControllerMetrics,
} from '@metal3/kube-controller';
import {
  bareMetalHost,
  ipClaim,
  metal3Cluster,
  metal3Data,
  metal3DataClaim,
  metal3DataTemplate,
  metal3Machine,
  metal3Remediation,
} from '@metal3/metal3-api';
import type { Clock, Random } from '@metal3/service';
import { clusterPass } from './cluster/controller.ts';
import { clusterSources } from './cluster/sources.ts';
import { cluster, machine } from './cluster-api/kinds.ts';
import { ipAddressClaim } from './cluster-api/ipam-kinds.ts';
import { templatePass } from './data-template/controller.ts';
import { templateSources } from './data-template/sources.ts';
import { kubernetesAddressDesk } from './data/adapters/address-claims.ts';
import { cachedDataWorld, kubernetesSecretShelf } from './data/adapters/kubernetes.ts';
import { dataPass } from './data/controller.ts';
import { dataSources, type DataCaches } from './data/sources.ts';
import { kubernetesDataDesk } from './machine/adapters/data-claims.ts';
import { cachedWorld, kubernetesHostBook } from './machine/adapters/kubernetes.ts';
import { kubernetesReuseBook } from './machine/adapters/node-reuse.ts';
import { clusterWorkloadNodes } from './machine/adapters/workload-nodes.ts';
import { machinePass } from './machine/controller.ts';
import { machineSources, type MachineCaches } from './machine/sources.ts';
import { cachedRemediationWorld, kubernetesRemedies } from './remediation/adapters/kubernetes.ts';
import { workloadRemediationNodes } from './remediation/adapters/workload.ts';
import { remediationPass } from './remediation/controller.ts';
import { remediationSources, type RemediationCaches } from './remediation/sources.ts';
import type { WorkloadClusters } from './workload/clusters.ts';

export interface Capm3Surroundings {
  readonly client: CachedClient;
  readonly caches: Capm3Caches;
  readonly workload: WorkloadClusters;
  readonly metrics?: ControllerMetrics;
  readonly concurrency: number;
  readonly fastTrack: boolean;
  /** Address claims are named after hosts. */
  readonly preallocation: boolean;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: Random;
}

type Capm3Caches = MachineCaches & DataCaches & RemediationCaches;

/** What capm3 watches. @param namespaces empty for all */
export function capm3Caches(client: CachedClient, namespaces: readonly string[]): Capm3Caches {
  return {
    metal3Machines: cacheAcross(client, namespaces, metal3Machine),
    metal3Clusters: cacheAcross(client, namespaces, metal3Cluster),
    machines: cacheAcross(client, namespaces, machine),
    clusters: cacheAcross(client, namespaces, cluster),
    // bmo may be installed after us; machines wait for its kind, conversion and gRPC do not.
    hosts: cacheAcross(client, namespaces, bareMetalHost, { optional: true }),
    templates: cacheAcross(client, namespaces, metal3DataTemplate),
    dataClaims: cacheAcross(client, namespaces, metal3DataClaim),
    data: cacheAcross(client, namespaces, metal3Data),
    remediations: cacheAcross(client, namespaces, metal3Remediation),
    // Providers of addresses may be installed at any time, or never.
    ipClaims: cacheAcross(client, namespaces, ipClaim, { optional: true }),
    ipAddressClaims: cacheAcross(client, namespaces, ipAddressClaim, { optional: true }),
  };
}

/** One controller per kind, over shared caches. */
export function capm3Controllers(surroundings: Capm3Surroundings): readonly Controller[] {
  const { client, caches, workload, clock, log, random, concurrency, fastTrack, preallocation, metrics } = surroundings;
  const observed = { clock, log, ...(metrics !== undefined && { metrics }) };
  const now = () => clock.now();
  return [
    controller({
      name: 'metal3cluster',
      watches: clusterSources({ ...caches, clock }),
      reconcile: clusterPass(client, { ...caches, clock }),
      ...observed,
    }),
    controller({
      name: 'metal3machine',
      watches: machineSources(caches),
      reconcile: machinePass(client, caches.metal3Machines, {
        world: cachedWorld(caches),
        hosts: kubernetesHostBook(client),
        data: kubernetesDataDesk(client),
        nodes: clusterWorkloadNodes(workload, log),
        reuse: kubernetesReuseBook(client),
        clock,
        lot: () => random.fraction(),
        fastTrack,
      }),
      concurrency,
      ...observed,
    }),
    controller({
      name: 'metal3datatemplate',
      watches: templateSources(caches),
      reconcile: templatePass(client, caches, clock),
      ...observed,
    }),
    controller({
      name: 'metal3data',
      watches: dataSources(caches),
      reconcile: dataPass(client, caches.data, {
        world: cachedDataWorld(caches),
        desk: kubernetesAddressDesk(client, caches, { preallocation }),
        shelf: kubernetesSecretShelf(client),
      }),
      concurrency,
      ...observed,
    }),
    controller({
      name: 'metal3remediation',
      watches: remediationSources(caches),
      reconcile: remediationPass(client, caches.remediations, {
        world: cachedRemediationWorld(caches),
        nodes: workloadRemediationNodes(workload, { log, now }),
        ...kubernetesRemedies(client, now),
        clock,
      }),
      concurrency,
      ...observed,
    }),
  ];
}
