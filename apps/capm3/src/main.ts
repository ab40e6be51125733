import { connectKubernetes, countCalls, findClusterAccess } from '@metal3/kube-client';
import { cachedClient, cachesPart, controller, controllersPart } from '@metal3/kube-controller';
import { bareMetalHost, metal3Cluster, metal3Machine } from '@metal3/metal3-api';
import { loadConfig, startService } from '@metal3/service';
import { clusterPass } from './cluster/controller.ts';
import { clusterSources } from './cluster/sources.ts';
import { cluster, machine } from './cluster-api/kinds.ts';
import { capm3Config } from './config.ts';
import { machinePass } from './machine/controller.ts';
import { cachedWorld, kubernetesHostBook } from './machine/adapters/kubernetes.ts';
import { kubeconfigWorkloadNodes } from './machine/adapters/workload-nodes.ts';
import { machineSources } from './machine/sources.ts';

const config = loadConfig(capm3Config, process.env, process.argv);
const service = startService('capm3', config);
const { clock, log, random } = service;

const now = () => clock.now();
const calls = countCalls();
const access = findClusterAccess({ kubeconfig: config.kubernetes.kubeconfig, env: process.env, now });
const kubernetes = connectKubernetes(access, { userAgent: `capm3/${service.version}`, now, onCall: calls.record });
const client = cachedClient(kubernetes, { clock, log });

const watched = config.kubernetes.namespace === '' ? {} : { namespace: config.kubernetes.namespace };
const caches = {
  metal3Machines: client.cache(metal3Machine, watched),
  metal3Clusters: client.cache(metal3Cluster, watched),
  machines: client.cache(machine, watched),
  clusters: client.cache(cluster, watched),
  hosts: client.cache(bareMetalHost, watched),
};

const machines = controller({
  name: 'metal3machine',
  watches: machineSources(caches),
  reconcile: machinePass(client, caches.metal3Machines, {
    world: cachedWorld(caches),
    hosts: kubernetesHostBook(client),
    nodes: kubeconfigWorkloadNodes(client, { log, now }),
    clock,
    lot: () => random.fraction(),
    fastTrack: config.fastTrack,
  }),
  concurrency: config.concurrency,
  clock,
  log,
});

const clusters = controller({
  name: 'metal3cluster',
  watches: clusterSources({ ...caches, clock }),
  reconcile: clusterPass(client, { ...caches, clock }),
  clock,
  log,
});

const election = {
  client,
  namespace: config.leaderElection.namespace || config.kubernetes.namespace || 'default',
  name: 'controller-leader-election-capm3',
  identity: `${service.instance}_${random.uuid()}`,
  clock,
  log,
};

await service.run(
  cachesPart(client),
  controllersPart([clusters, machines], config.leaderElection.enabled ? election : undefined),
);
