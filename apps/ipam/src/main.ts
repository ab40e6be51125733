import { grpcServer, tokensOverTls } from '@metal3/grpc';
import { connectKubernetes, findClusterAccess, keyOf, kubernetesTokens } from '@metal3/kube-client';
import {
  cachedClient,
  cachesPart,
  controllerMetrics,
  controllersPart,
  eventRecorder,
  leadershipMetric,
} from '@metal3/kube-controller';
import type { IPPool } from '@metal3/metal3-api';
import { loadConfig, startService } from '@metal3/service';
import { addressService } from './address-service/service.ts';
import { ipamCaches } from './caches.ts';
import { discovery } from './cluster-api/discovery.ts';
import { ipamConfig } from './config.ts';
import { ipamControllers } from './controllers.ts';
import { poolMetrics } from './pool-metrics/metrics.ts';
import { webhookParts } from './webhooks/parts.ts';

const config = loadConfig(ipamConfig, process.env, process.argv);
const service = startService('ipam', config);
const { clock, log, random } = service;
const now = () => clock.now();
const { kubeconfig, watchFilter, syncPeriod } = config.kubernetes;
const namespace = config.kubernetes.namespace || undefined;

const access = findClusterAccess({ kubeconfig, env: process.env, now });
const kubernetes = connectKubernetes(access, { userAgent: `ipam/${service.version}`, now });
const client = cachedClient(kubernetes, { clock, log });
const caches = ipamCaches(client, { namespace, watchFilter });
const events = eventRecorder({ client, component: 'metal3-ipam-controller', clock, log });

const { books, controllers } = ipamControllers({
  client,
  caches,
  events,
  metrics: controllerMetrics(service.metrics),
  clock,
  log,
  lot: () => random.fraction(),
  settings: {
    selective: watchFilter !== '',
    claimConcurrency: config.claimConcurrency,
    poolConcurrency: config.concurrency,
    syncPeriod,
  },
});
poolMetrics(service.metrics, books, now);
const addressesInUse = (pool: IPPool) => [...books.register.ofPool(keyOf(pool))].map(({ text }) => text);

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
  discovery({
    ask: (path, signal) => kubernetes.text(path, { signal }),
    kinds: Object.values(caches.clusterApi),
    clock,
    log,
  }),
  cachesPart(client),
  ...webhookParts(config, kubernetes, service, addressesInUse),
  grpcServer(config.grpc, [addressService({ client, books })], tokens),
  controllersPart(controllers, config.leaderElection.enabled ? election : undefined),
);
