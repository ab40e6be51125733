import { lookup } from 'node:dns/promises';
import { kubernetesTokens } from '@metal3/kube-client';
import {
  cachesPart,
  controller,
  controllerMetrics,
  controllersPart,
  eventRecorder,
  joinCluster,
  leadershipMetric,
} from '@metal3/kube-controller';
import { grpcServer, tokensOverTls } from '@metal3/grpc';
import { diagnosticsParts } from '@metal3/kube-diagnostics';
import { loadConfig, startService } from '@metal3/service';
import { admissionParts } from './admission/parts.ts';
import { switchControllers } from './bare-metal-switch/controllers.ts';
import { bmcNames } from './bmc/names.ts';
import { bmoConfig } from './config.ts';
import { dataImageController } from './data-image/controllers.ts';
import { subscriptionController } from './event-subscription/controllers.ts';
import { firmwareControllers } from './firmware/controllers.ts';
import { claimController } from './host-claim/controllers.ts';
import { hostCaches, kubernetesHostStore } from './host/adapters/kubernetes.ts';
import { hostReconciler } from './host/controller.ts';
import { hostMetrics } from './host/metrics.ts';
import { hostStates } from './host/state-metrics.ts';
import { hostSources } from './host/sources.ts';
import { hostService } from './host-service/service.ts';
import { connectIronic } from './ironic.ts';
import { withUpstreamLogging } from './logging.ts';
import { imageControllers } from './preprovisioning-image/controllers.ts';
import { recheckedBy } from './recheck.ts';
import { hostSettingsOf, imageSourcesOf } from './settings.ts';
import { servedTls } from './tls.ts';

const config = withUpstreamLogging(loadConfig(bmoConfig, process.env, process.argv));
const service = startService('bmo', config);
const { clock, log, random } = service;

const lease = 'baremetal-operator';
const place = { name: 'bmo', lease, env: process.env };
const { kubernetes, client, namespaces, election } = joinCluster(config, service, place);
const settings = hostSettingsOf(config, process.arch);
const caches = hostCaches(client, namespaces, settings);
const events = eventRecorder({ client, component: 'metal3-baremetal-controller', clock, log });

const { provisioner, parts: ironicParts } = connectIronic(config, service);

const store = kubernetesHostStore(client, caches, events);
const reachedOverV6 = bmcNames((name) => lookup(name), clock);
const eyes = { store, provisioner, settings, clock, reachedOverV6 };
const hosts = hostReconciler({
  ...eyes,
  metrics: hostMetrics(service.metrics),
  random: () => random.fraction(),
  backOffUnit: config.hosts.backOffUnit / 1000,
  provisioningLimit: config.hosts.provisioningLimit,
  log,
});

hostStates(service.metrics, caches.hosts);
const metrics = controllerMetrics(service.metrics);
const hostController = controller({
  name: 'baremetalhost',
  watches: hostSources(caches, provisioner, log),
  reconcile: recheckedBy((key) => hosts.reconcile(key)),
  concurrency: config.controllerConcurrency || 16,
  metrics,
  // What fails a pass is mostly an API server or Ironic that is away for a while; hosts are to go on soon after.
  backOff: { fromMs: 50, toMs: 30_000 },
  clock,
  log,
});

const surroundings = { client, namespaces, caches, provisioner, metrics, clock, log };
const firmware = firmwareControllers(surroundings);
const dataImages = dataImageController(surroundings);
const subscriptions = subscriptionController(surroundings);
const images = imageControllers(imageSourcesOf(config), surroundings);

const lot = () => random.fraction();
const claims = config.hostClaims.enabled ? [claimController({ ...surroundings, lot })] : [];
const switches = switchControllers(config.networking, surroundings);

const people = hostService({
  hosts: caches.hosts,
  client,
  eyes,
  progressOf: (node) => provisioner.progressOf(node),
});

await service.run(
  ...ironicParts,
  cachesPart(client),
  ...diagnosticsParts({ address: config.metricsAddress, insecure: false }, servedTls(config.tls), kubernetes, service),
  ...admissionParts(config, kubernetes, caches.hosts, service),
  grpcServer(config.grpc, [people], tokensOverTls(config.grpc, kubernetesTokens(kubernetes))),
  controllersPart(
    [hostController, ...firmware, dataImages, subscriptions, ...images, ...claims, ...switches],
    election && { ...election, onLeading: leadershipMetric(service.metrics, lease).set },
  ),
);
