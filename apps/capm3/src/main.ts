import { grpcServer, tokensOverTls } from '@metal3/grpc';
import { connectKubernetes, findClusterAccess, kubernetesTokens } from '@metal3/kube-client';
import { cachedClient, cachesPart, controllersPart } from '@metal3/kube-controller';
import { loadConfig, startService } from '@metal3/service';
import { capm3Config } from './config.ts';
import { conversionParts } from './conversion/parts.ts';
import { capm3Caches, capm3Controllers } from './controllers.ts';
import { machineService } from './machine-service/service.ts';

const config = loadConfig(capm3Config, process.env, process.argv);
const service = startService('capm3', config);
const { clock, log, random } = service;
const now = () => clock.now();

const access = findClusterAccess({ kubeconfig: config.kubernetes.kubeconfig, env: process.env, now });
const kubernetes = connectKubernetes(access, { userAgent: `capm3/${service.version}`, now });
const client = cachedClient(kubernetes, { clock, log });

const { namespace } = config.kubernetes;
const { concurrency, fastTrack } = config;
const caches = capm3Caches(client, namespace);
const controllers = capm3Controllers({ client, caches, concurrency, fastTrack, clock, log, random });

const election = {
  client,
  namespace: config.leaderElection.namespace || namespace || 'default',
  name: 'controller-leader-election-capm3',
  identity: `${service.instance}_${random.uuid()}`,
  clock,
  log,
};

await service.run(
  ...conversionParts(config, kubernetes, service),
  cachesPart(client),
  grpcServer(
    config.grpc,
    [machineService(client, caches.metal3Machines)],
    tokensOverTls(config.grpc, kubernetesTokens(kubernetes)),
  ),
  controllersPart(controllers, config.leaderElection.enabled ? election : undefined),
);
