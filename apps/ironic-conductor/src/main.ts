import { agentClients } from '@metal3/agent';
import { bootClient } from '@metal3/boot-client';
import { grpcServer } from '@metal3/grpc';
import { redisHintQueue } from '@metal3/jobs';
import { openNodeStore, readOrCreateKey } from '@metal3/node-store';
import { redfishBmcs } from '@metal3/redfish';
import { describeError, loadConfig, startService } from '@metal3/service';
import { mediaByUrl, mediaOfPxeServer } from './adapters/boot-media.ts';
import { imagesOfPxeServer, noImages } from './adapters/image-service.ts';
import { buildConfigDrive } from './adapters/config-drive.ts';
import { fetchText } from './adapters/fetch-text.ts';
import { conductorSegments } from './conductor.ts';
import { conductorConfig } from './config.ts';
import { ipmiBmcs } from './hardware-types/ipmi/bmcs.ts';
import { ipmitool } from './hardware-types/ipmi/ipmitool.ts';
import { machines } from './hardware-types/machines.ts';
import { conductorMetrics } from './metrics.ts';
import { policyOf } from './policy-of.ts';
import { reachableAddress } from './registration/address.ts';
import { registration } from './registration/register.ts';
import { conductorService } from './rpc/conductor-service.ts';
import { failPoint, noFailPoints } from './work/fail-points.ts';
import { retention } from './work/retention.ts';
import { effectTracer } from './work/trace.ts';
import { worker } from './work/worker.ts';

const config = loadConfig(conductorConfig, process.env, process.argv);
const service = startService('ironic-conductor', config);
const { clock, random, log } = service;
const { groups, concurrency, lease, sweep } = config.conductor;
const hostname = config.conductor.hostname || service.instance;

const store = await openNodeStore({
  url: config.store.url,
  key: await readOrCreateKey(config.store.keyFile),
  clock,
  onError: (error) => log.warn({ error: describeError(error) }, 'node store'),
});
const hints =
  config.redis.url === ''
    ? undefined
    : redisHintQueue({ url: config.redis.url, onEvent: ({ kind, message }) => log.info({ kind }, message) });

const metrics = conductorMetrics(service.metrics);
const bmcs = redfishBmcs({ clock, onExchange: metrics.redfish });
const agents = agentClients(metrics.agent);
// No request outlives the lease that it is made under.
const longestRequest = lease * 0.6;
const machineOf = machines({
  redfish: bmcs,
  ipmi: ipmiBmcs({
    run: ipmitool(process.env['PATH']),
    clock,
    spacing: config.ipmi.minCommandInterval,
    cipherSuites: config.ipmi.cipherSuiteVersions,
  }),
  store,
  enabled: config.conductor.hardwareTypes,
  timeoutMs: Math.min(config.bmc.requestTimeout, longestRequest),
  liftsBootTimeout: config.ipmi.disableBootTimeout,
});
const pxeServer =
  config.boot.pxeServer === ''
    ? undefined
    : bootClient({
        address: config.boot.pxeServer,
        tlsCaFile: config.boot.pxeServerCaFile,
        tlsCertFile: config.boot.pxeServerCertFile,
        tlsKeyFile: config.boot.pxeServerKeyFile,
        tokenFile: config.boot.pxeServerTokenFile,
      });

const segments = conductorSegments({
  store,
  machineOf,
  agents,
  media: pxeServer === undefined ? mediaByUrl(config.boot.mediaUrl) : mediaOfPxeServer(pxeServer),
  fetchText,
  images: pxeServer === undefined ? noImages : imagesOfPxeServer(pxeServer),
  buildConfigDrive,
  agentRequestMs: Math.min(config.agent.requestTimeout, longestRequest),
  boot: {
    ...config.boot,
    inspectionCollectors: config.inspection.collectors,
    collectLldp: config.inspection.collectLldp,
  },
  inspectionPorts: { add: config.inspection.addPorts, keep: config.inspection.keepPorts },
  policy: policyOf(config),
  clock,
  random,
  log,
  failPoint:
    process.env['METAL3_TEST_FAIL_POINTS'] === '1' && process.env['FAIL_POINT'] !== undefined
      ? failPoint(process.env['FAIL_POINT'], () => process.kill(process.pid, 'SIGKILL'))
      : noFailPoints,
  traced: effectTracer(service.tracer),
  onEffect: metrics.effect,
});
const work = worker({
  segments,
  store,
  hints,
  owner: hostname,
  groups: groups.map((group) => group.toLowerCase()),
  concurrency,
  leaseMs: lease,
  sweepMs: sweep,
  clock,
  random,
  log,
});
const grpc = grpcServer(config.grpc, [
  conductorService({ store, machineOf, offer: (nodeUuid) => void work.offer(nodeUuid) }),
]);

await service.run(
  {
    name: 'connections',
    start: () => store.ping(),
    async stop() {
      await bmcs.close();
      await agents.close();
      await hints?.close();
      pxeServer?.close();
      await store.close();
    },
  },
  grpc,
  registration({
    conductors: store.conductors,
    hostname,
    groups: groups.map((group) => group.toLowerCase()),
    hardwareTypes: config.conductor.hardwareTypes,
    rpcAddress: () => reachableAddress(grpc.address, config.conductor.rpcHost),
    clock,
    log,
  }),
  work,
  retention({
    changes: store.changes,
    keepChangesMs: config.store.keepChanges,
    keepHistoryMs: config.store.keepHistory,
    clock,
    log,
  }),
);
