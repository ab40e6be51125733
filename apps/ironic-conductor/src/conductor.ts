import type { Agents } from '@metal3/agent';
import type { JsonObject, Node } from '@metal3/node';
import type { NodeStore } from '@metal3/node-store';
import type { Clock, Logger, Random } from '@metal3/service';
import type { FetchText } from './adapters/fetch-text.ts';
import { agentFinder } from './interfaces/agent.ts';
import type { BootSettings } from './interfaces/boot/entry.ts';
import { type BootMedia, bootPerformers } from './interfaces/boot/perform.ts';
import { firmwarePerformers } from './interfaces/firmware/perform.ts';
import { powerPerformers } from './interfaces/power/perform.ts';
import { raidPerformers } from './interfaces/raid/perform.ts';
import { decideAdoption } from './verbs/adoption/decide.ts';
import { decideCleaning } from './verbs/cleaning/decide.ts';
import { deployArguments } from './verbs/deploy/arguments.ts';
import { decideDeploy } from './verbs/deploy/decide.ts';
import { imagePerformers, type ImageService } from './verbs/deploy/local-image.ts';
import { decideIdle } from './verbs/idle/decide.ts';
import { decideInspection } from './verbs/inspection/decide.ts';
import type { PortPolicy } from './verbs/inspection/hooks.ts';
import { inspectionPerformers } from './verbs/inspection/perform.ts';
import { ownStepPerformers } from './verbs/own-steps-perform.ts';
import { decideRescue, decideUnrescue } from './verbs/rescue/decide.ts';
import { rescuePerformers } from './verbs/rescue/perform.ts';
import { decideServicing } from './verbs/servicing/decide.ts';
import { stepPerformers } from './verbs/steps-perform.ts';
import { decideTearDown } from './verbs/tear-down/decide.ts';
import { decideVerify } from './verbs/verify/decide.ts';
import type { FailPoint } from './work/fail-points.ts';
import type { MachineOf } from './work/perform.ts';
import type { Policy } from './work/policy.ts';
import type { SegmentPorts } from './work/segment.ts';

export interface ConductorPorts {
  readonly store: NodeStore;
  readonly machineOf: MachineOf;
  readonly agents: Agents;
  readonly media: BootMedia;
  readonly fetchText: FetchText;
  readonly images: ImageService;
  readonly buildConfigDrive: (parts: JsonObject, node: Node) => string;
  readonly boot: BootSettings;
  /** Longest wait for one answer of an agent; shorter than a lease. */
  readonly agentRequestMs: number;
  readonly inspectionPorts: PortPolicy;
  readonly policy: Policy;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly failPoint: FailPoint;
  readonly traced?: NonNullable<SegmentPorts['traced']>;
  readonly onEffect?: NonNullable<SegmentPorts['onEffect']>;
}

/** All verbs and all effects of this conductor, put together. */
export function conductorSegments(ports: ConductorPorts): SegmentPorts {
  const { store, machineOf, agents, media, boot, policy, clock, random, log, failPoint, onEffect } = ports;
  const agentOf = agentFinder(agents, (nodeUuid) => store.agents.token(nodeUuid));
  const reveal = (node: Node) => store.reveal(node.uuid, node.instanceInfo);
  const argumentsOfDeploy = deployArguments({
    reveal,
    configDrive: async (node) => (await store.blobs.get(node.uuid, 'config-drive'))?.toString('utf8'),
    buildConfigDrive: ports.buildConfigDrive,
    fetchText: ports.fetchText,
    streamRawImages: policy.streamRawImages,
  });
  return {
    store,
    machineOf,
    policy,
    clock,
    random,
    log,
    failPoint,
    ...(ports.traced === undefined ? {} : { traced: ports.traced }),
    ...(onEffect === undefined ? {} : { onEffect }),
    deciders: {
      idle: decideIdle,
      verify: decideVerify,
      inspect: decideInspection,
      clean: decideCleaning,
      deploy: decideDeploy,
      rebuild: decideDeploy,
      'tear-down': decideTearDown,
      adopt: decideAdoption,
      service: decideServicing,
      rescue: decideRescue,
      unrescue: decideUnrescue,
    },
    performers: {
      ...powerPerformers(agentOf),
      ...bootPerformers({ store, media, settings: boot, token: (bytes) => random.token(bytes) }),
      ...stepPerformers({ store, agentOf, deployArguments: argumentsOfDeploy, requestMs: ports.agentRequestMs }),
      ...imagePerformers({ images: ports.images, reveal }),
      ...ownStepPerformers(),
      ...raidPerformers,
      ...firmwarePerformers({
        store,
        onUnreadable: (node, what, why) => log.info({ node: node.uuid, why }, `the BMC does not tell its ${what}`),
      }),
      ...rescuePerformers({
        agentOf,
        reveal: (nodeUuid, args) => store.reveal(nodeUuid, args),
        // URL-safe base64 has two characters that crypt does not know.
        salt: () => random.token(12).replaceAll('-', '.').replaceAll('_', '/'),
        requestMs: ports.agentRequestMs,
      }),
      ...inspectionPerformers({
        store,
        ports: ports.inspectionPorts,
        onRuleLog: (node, level, message) =>
          log[logLevelOf(level)]({ node: node.uuid, rule: message }, 'inspection rule'),
        call: async (url, headers, signal) => void (await ports.fetchText(url, signal, headers)),
        onDuplicate: (node, address) =>
          log.warn({ node: node.uuid, address }, 'another node has this address already; no port was made'),
      }),
    },
  };
}

/** Rules name levels as Python does; what is unknown is news. */
const logLevelOf = (level: string): 'debug' | 'info' | 'warn' | 'error' =>
  (({ debug: 'debug', warning: 'warn', error: 'error', critical: 'error' }) as const)[level.toLowerCase() as 'debug'] ??
  'info';
