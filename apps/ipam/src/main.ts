import { grpcServer, tokensOverTls } from '@metal3/grpc';
import { connectKubernetes, findClusterAccess, keyOf, kubernetesTokens } from '@metal3/kube-client';
import {
  cachedClient,
  cachesPart,
  controller,
  controllerMetrics,
  controllersPart,
  leadershipMetric,
} from '@metal3/kube-controller';
import type { IPPool } from '@metal3/metal3-api';
import { loadConfig, startService } from '@metal3/service';
import { ipamConfig } from './config.ts';
import { addressService } from './address-service/service.ts';
import {
  cachedWorld,
  ipamCaches,
  kubernetesAddressRegister,
  kubernetesClaimDesk,
  kubernetesClusters,
} from './pool/adapters/kubernetes.ts';
import { poolMetrics } from './pool-metrics/metrics.ts';
import { poolPass } from './pool/controller.ts';
import { poolSources } from './pool/sources.ts';
import { webhookParts } from './webhooks/parts.ts';

const config = loadConfig(ipamConfig, process.env, process.argv);
const service = startService('ipam', config);
const { clock, log, random } = service;
const now = () => clock.now();
const namespace = config.kubernetes.namespace || undefined;

const access = findClusterAccess({ kubeconfig: config.kubernetes.kubeconfig, env: process.env, now });
const kubernetes = connectKubernetes(access, { userAgent: `ipam/${service.version}`, now });
const client = cachedClient(kubernetes, { clock, log });
const caches = ipamCaches(client, namespace);
const world = cachedWorld(caches);
const addressesInUse = (pool: IPPool) => world.addressesOf(keyOf(pool)).map(({ spec }) => spec.address);

poolMetrics(service.metrics, caches, now);

const pools = controller({
  name: 'ippool',
  watches: poolSources(caches),
  reconcile: poolPass({
    client,
    world,
    register: kubernetesAddressRegister(client),
    desk: kubernetesClaimDesk(client),
    clusters: kubernetesClusters(client),
    clock,
    lot: () => random.fraction(),
  }),
  concurrency: config.concurrency,
  metrics: controllerMetrics(service.metrics),
  clock,
  log,
});

// On loopback without TLS everybody on this machine may call.
const tokens = tokensOverTls(config.grpc, kubernetesTokens(kubernetes));

const lease = 'controller-leader-election-ipam-capm3';
const election = {
  client,
  namespace: config.leaderElection.namespace || namespace || 'default',
  name: lease,
  identity: `${service.instance}_${random.uuid()}`,
  onLeading: leadershipMetric(service.metrics, lease).set,
  clock,
  log,
};

await service.run(
  cachesPart(client),
  ...webhookParts(config, kubernetes, service, addressesInUse),
  grpcServer(config.grpc, [addressService({ client, caches })], tokens),
  controllersPart([pools], config.leaderElection.enabled ? election : undefined),
);
