import type { KubeObject, Log } from '@metal3/kube-client';
import {
  type Cache,
  cacheAcross,
  type CachedClient,
  type Controller,
  controller,
  type ControllerMetrics,
  type Reconcile,
  resyncOf,
  type Source,
} from '@metal3/kube-controller';
import {
  bareMetalHost,
  ipClaim,
  metal3Cluster,
  metal3Data,
  metal3DataClaim,
  metal3DataTemplate,
  metal3Machine,
  metal3MachineTemplate,
  metal3Remediation,
} from '@metal3/metal3-api';
import type { Clock, Random } from '@metal3/service';
import { clusterPass } from './cluster/controller.ts';
import { clusterSources } from './cluster/sources.ts';
import { cluster, machine } from './cluster-api/kinds.ts';
import { ipAddressClaim } from './cluster-api/ipam-kinds.ts';
import type { Capm3Config } from './config.ts';
import { claimsOf, templatePass } from './data-template/controller.ts';
import { templateSources } from './data-template/sources.ts';
import { kubernetesAddressDesk } from './data/adapters/address-claims.ts';
import { cachedDataWorld, kubernetesSecretShelf } from './data/adapters/kubernetes.ts';
import { dataPass } from './data/controller.ts';
import { dataSources, type DataCaches } from './data/sources.ts';
import { labelSyncPass } from './label-sync/controller.ts';
import { labelSyncSources } from './label-sync/sources.ts';
import { kubernetesDataDesk } from './machine/adapters/data-claims.ts';
import { cachedWorld, kubernetesHostBook } from './machine/adapters/kubernetes.ts';
import { kubernetesReuseBook } from './machine/adapters/node-reuse.ts';
import { clusterWorkloadNodes } from './machine/adapters/workload-nodes.ts';
import { machinePass } from './machine/controller.ts';
import { machineSources, type MachineCaches } from './machine/sources.ts';
import {
  machineTemplatePass,
  machineTemplateSources,
  type MachineTemplateCaches,
} from './machine-template/controller.ts';
import { cachedRemediationWorld, kubernetesRemedies } from './remediation/adapters/kubernetes.ts';
import { workloadRemediationNodes } from './remediation/adapters/workload.ts';
import { remediationPass } from './remediation/controller.ts';
import { remediationSources, type RemediationCaches } from './remediation/sources.ts';
import { isServed, onlyServed } from './watch-filter.ts';
import type { WorkloadClusters } from './workload/clusters.ts';

export interface Capm3Settings {
  /** Objects of a kind that are looked at at a time. */
  readonly concurrency: Capm3Config['concurrency'];
  /** Released hosts are left powered on. */
  readonly fastTrack: boolean;
  /** Address claims are named after hosts. */
  readonly preallocation: boolean;
  /** Value of the label `cluster.x-k8s.io/watch-filter`; empty for all objects. */
  readonly watchFilter: string;
  readonly syncPeriodMs: number;
}

export interface Capm3Surroundings {
  readonly client: CachedClient;
  readonly caches: Capm3Caches;
  readonly workload: WorkloadClusters;
  readonly metrics?: ControllerMetrics;
  readonly settings: Capm3Settings;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: Random;
}

type Capm3Caches = MachineCaches & DataCaches & RemediationCaches & MachineTemplateCaches;

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
    machineTemplates: cacheAcross(client, namespaces, metal3MachineTemplate),
    // Providers of addresses may be installed at any time, or never.
    ipClaims: cacheAcross(client, namespaces, ipClaim, { optional: true }),
    ipAddressClaims: cacheAcross(client, namespaces, ipAddressClaim, { optional: true }),
  };
}

/** One controller per kind, over shared caches. */
export function capm3Controllers(surroundings: Capm3Surroundings): readonly Controller[] {
  const { client, caches, workload, clock, log, random, settings } = surroundings;
  const { fastTrack, preallocation, concurrency } = settings;
  const now = () => clock.now();
  const one = controllersOf(surroundings);
  return [
    one('metal3cluster', caches.metal3Clusters, {
      watches: clusterSources({ ...caches, clock }),
      reconcile: clusterPass(client, { ...caches, clock }),
      concurrency: concurrency.metal3Cluster,
    }),
    one('metal3machine', caches.metal3Machines, {
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
      concurrency: concurrency.metal3Machine,
    }),
    one('metal3datatemplate', caches.templates, {
      watches: templateSources(caches),
      reconcile: templatePass(client, caches, clock),
      concurrency: concurrency.metal3DataTemplate,
      // Templates are shared: what is asked of them counts, too.
      serves: (template) =>
        isServed(template, settings.watchFilter) ||
        claimsOf(caches.dataClaims, template).some((claim) => isServed(claim, settings.watchFilter)),
    }),
    one('metal3data', caches.data, {
      watches: dataSources(caches),
      reconcile: dataPass(client, caches.data, {
        world: cachedDataWorld(caches),
        desk: kubernetesAddressDesk(client, caches, { preallocation }),
        shelf: kubernetesSecretShelf(client),
      }),
      concurrency: concurrency.metal3Data,
    }),
    one('metal3remediation', caches.remediations, {
      watches: remediationSources(caches),
      reconcile: remediationPass(client, caches.remediations, {
        world: cachedRemediationWorld(caches),
        nodes: workloadRemediationNodes(workload, { log, now }),
        ...kubernetesRemedies(client, now),
        clock,
      }),
      concurrency: concurrency.metal3Remediation,
    }),
    one('metal3machinetemplate', caches.machineTemplates, {
      watches: machineTemplateSources(caches),
      reconcile: machineTemplatePass(client, caches),
      concurrency: concurrency.metal3MachineTemplate,
    }),
    one('metal3labelsync', caches.hosts, {
      watches: labelSyncSources(caches),
      reconcile: labelSyncPass({ ...caches, workload, log, serves: (m3m) => isServed(m3m, settings.watchFilter) }),
      concurrency: concurrency.labelSync,
      // Hosts are everybody's: the machines on them tell whose they are.
      serves: () => true,
    }),
  ];
}

interface OneController<T extends KubeObject> {
  readonly watches: readonly Source[];
  readonly reconcile: Reconcile;
  readonly concurrency: number;
  /** By its own label if left out. */
  readonly serves?: (object: T) => boolean;
}

/** What all controllers have: the watch filter, another look at everything now and then, metrics. */
function controllersOf({ settings, clock, log, metrics }: Capm3Surroundings) {
  const { watchFilter, syncPeriodMs: everyMs } = settings;
  return <T extends KubeObject>(name: string, objects: Cache<T>, what: OneController<T>): Controller => {
    const { watches, reconcile, concurrency, serves = (object) => isServed(object, watchFilter) } = what;
    return controller({
      name,
      watches: [...watches, resyncOf(objects, { clock, everyMs })],
      reconcile: onlyServed(objects, serves, reconcile),
      concurrency,
      clock,
      log,
      ...(metrics !== undefined && { metrics }),
    });
  };
}
