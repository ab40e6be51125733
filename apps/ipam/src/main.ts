import { grpcServer, tokensOverTls } from '@metal3/grpc';
import { keyOf, kubernetesTokens } from '@metal3/kube-client';
import {
  cachesPart,
  controllerMetrics,
  controllersPart,
  eventRecorder,
  joinCluster,
  leadershipMetric,
} from '@metal3/kube-controller';
import { diagnosticsParts, tlsOptions, withVerbosity } from '@metal3/kube-diagnostics';
import type { IPPool } from '@metal3/metal3-api';
import { loadConfig, startService } from '@metal3/service';
import { addressService } from './address-service/service.ts';
import { ipamCaches } from './caches.ts';
import { discovery } from './cluster-api/discovery.ts';
import { ipamConfig } from './config.ts';
import { ipamControllers } from './controllers.ts';
import { poolMetrics } from './pool-metrics/metrics.ts';
import { ipamWebhookParts } from './webhooks/parts.ts';

const config = withVerbosity(loadConfig(ipamConfig, process.env, process.argv));
const service = startService('ipam', config);
const { clock, log, random } = service;
const now = () => clock.now();
const { watchFilter, syncPeriod } = config.kubernetes;

const lease = 'controller-leader-election-ipam-capm3';
const { kubernetes, client, namespaces, election } = joinCluster(config, service, {
  name: 'ipam',
  lease,
  env: process.env,
});
const caches = ipamCaches(client, { namespaces, watchFilter });
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

await service.run(
  discovery({
    ask: (path, signal) => kubernetes.text(path, { signal }),
    kinds: Object.values(caches.clusterApi),
    clock,
    log,
  }),
  cachesPart(client),
  ...diagnosticsParts(config.diagnostics, tlsOptions(config.tls), kubernetes, service),
  ...ipamWebhookParts(config, kubernetes, service, addressesInUse),
  grpcServer(config.grpc, [addressService({ client, books })], tokens),
  controllersPart(controllers, election && { ...election, onLeading: leadershipMetric(service.metrics, lease).set }),
);
