import { grpcServer, tokensOverTls } from '@metal3/grpc';
import { kubernetesTokens } from '@metal3/kube-client';
import { cachesPart, controllerMetrics, controllersPart, joinCluster, leadershipMetric } from '@metal3/kube-controller';
import { withVerbosity } from '@metal3/kube-diagnostics';
import { loadConfig, startService } from '@metal3/service';
import { capm3Config } from './config.ts';
import { capm3Caches, capm3Controllers } from './controllers.ts';
import { convertedKinds } from './conversion/convert.ts';
import { capm3Diagnostics } from './diagnostics.ts';
import { machineMetrics } from './machine-metrics/metrics.ts';
import { machineService } from './machine-service/service.ts';
import { storageMigration } from './storage-migration/migration.ts';
import { capm3WebhookParts } from './webhooks/parts.ts';
import { kubeconfigWorkloadClusters } from './workload/clusters.ts';

const config = withVerbosity(loadConfig(capm3Config, process.env, process.argv));
const service = startService('capm3', config);
const { clock, log, random } = service;

const lease = 'controller-leader-election-capm3';
const place = { name: 'capm3', lease, env: process.env };
const { kubernetes, client, namespaces, election } = joinCluster(config, service, place);

const { watchFilter, syncPeriod: syncPeriodMs } = config.kubernetes;
const { apiQps: qps, apiBurst: burst } = config.workloadClusters;
const caches = capm3Caches(client, namespaces);
const metrics = controllerMetrics(service.metrics);
const controllers = capm3Controllers({
  client,
  caches,
  workload: kubeconfigWorkloadClusters(client, clock, { qps, burst }),
  metrics,
  settings: { ...config, watchFilter, syncPeriodMs },
  clock,
  log,
  random,
});
// Without webhooks nothing translates between versions; who serves some namespaces only may not write the objects of the others.
const migrates =
  config.webhooks.port !== 0 &&
  namespaces.length === 0 &&
  !config.skipCrdMigrationPhases.includes('StorageVersionMigration');
const migrations = migrates ? [storageMigration({ client: kubernetes, kinds: convertedKinds, clock, log })] : [];
machineMetrics(service.metrics, caches.metal3Machines);

await service.run(
  ...capm3WebhookParts(config, kubernetes, service),
  ...capm3Diagnostics(config, kubernetes, service),
  cachesPart(client),
  grpcServer(
    config.grpc,
    [machineService(client, caches.metal3Machines)],
    tokensOverTls(config.grpc, kubernetesTokens(kubernetes)),
  ),
  controllersPart(
    [...controllers, ...migrations],
    election && { ...election, onLeading: leadershipMetric(service.metrics, lease).set },
  ),
);
