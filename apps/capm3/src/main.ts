import { grpcServer, tokensOverTls } from '@metal3/grpc';
import { kubernetesTokens } from '@metal3/kube-client';
import { cachesPart, controllersPart, joinCluster } from '@metal3/kube-controller';
import { loadConfig, startService } from '@metal3/service';
import { capm3Config } from './config.ts';
import { conversionParts } from './conversion/parts.ts';
import { capm3Caches, capm3Controllers } from './controllers.ts';
import { machineService } from './machine-service/service.ts';

const config = loadConfig(capm3Config, process.env, process.argv);
const service = startService('capm3', config);
const { clock, log, random } = service;

const place = { name: 'capm3', lease: 'controller-leader-election-capm3', env: process.env };
const { kubernetes, client, namespaces, election } = joinCluster(config, service, place);

const { concurrency, fastTrack, preallocation } = config;
const caches = capm3Caches(client, namespaces);
const controllers = capm3Controllers({ client, caches, concurrency, fastTrack, preallocation, clock, log, random });

await service.run(
  ...conversionParts(config, kubernetes, service),
  cachesPart(client),
  grpcServer(
    config.grpc,
    [machineService(client, caches.metal3Machines)],
    tokensOverTls(config.grpc, kubernetesTokens(kubernetes)),
  ),
  controllersPart(controllers, election),
);
