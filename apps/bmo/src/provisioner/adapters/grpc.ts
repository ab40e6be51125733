import { isCodedError, toCodedError, type Part } from '@metal3/service';
import { nodeMirror, readJson, writeJson, type Node, type NodeClient } from '@metal3/ironic-client';
import type { Json, JsonObject } from '../../kernel.ts';
import { changeFeed } from '../change-feed.ts';
import { ProvisionerError, type ProvisionerErrorCode } from '../errors.ts';
import { firmwareOf } from '../firmware.ts';
import type { NodePort, NodeSnapshot } from '../node.ts';
import type { Provisioner } from '../ports.ts';
import { grpcBmc } from './grpc-bmc.ts';

/** The adapter together with the part of the service that keeps its copy of the nodes current. */
export interface GrpcProvisioner {
  readonly provisioner: Provisioner;
  readonly part: Part;
}

/**
 * Ironic by ironic-api's NodeService. Nodes are read from a copy that Watch keeps current, with the answers to our own calls laid
 * over it; every change names the revision it was decided on, so that acting on an old copy is refused, not done.
 *
 * @param requestId makes the ids under which retries are recognised
 */
export function grpcProvisioner(client: NodeClient, requestId: () => string): GrpcProvisioner {
  const feed = changeFeed();
  const nodes = new Map<string, NodeSnapshot>();
  const byName = new Map<string, string>();

  /** What the watch brings may be older than the answer to a call of ours. */
  const keep = (node: NodeSnapshot): NodeSnapshot => {
    const known = nodes.get(node.uuid);
    return known !== undefined && known.revision > node.revision ? known : put(node);
  };
  const put = (node: NodeSnapshot): NodeSnapshot => {
    const known = nodes.get(node.uuid);
    if (known !== undefined && known.name !== node.name) byName.delete(known.name);
    nodes.set(node.uuid, node);
    if (node.name !== '') byName.set(node.name, node.uuid);
    return node;
  };
  const drop = (uuid: string): void => {
    const known = nodes.get(uuid);
    nodes.delete(uuid);
    if (known !== undefined && byName.get(known.name) === uuid) byName.delete(known.name);
    feed.tell({ kind: 'deleted', uuid, name: known?.name ?? '' });
  };

  const mirror = nodeMirror(client, (uuid, message) => {
    if (message === undefined) return drop(uuid);
    const before = nodes.get(uuid);
    const after = keep(snapshotOf(message));
    if (isNews(before, after))
      feed.tell({ kind: 'changed', uuid, name: after.name, provisionState: after.provisionState });
  });

  const answer = (message: Node | undefined): NodeSnapshot => {
    if (message === undefined) throw new ProvisionerError('unavailable', 'ironic-api answered without a node');
    return keep(snapshotOf(message));
  };
  /** Runs a call; a refusal that comes from looking at an old copy asks for another look. */
  const call = async <Answer>(node: NodeSnapshot | undefined, run: () => Promise<Answer>): Promise<Answer> => {
    try {
      return await run();
    } catch (error) {
      const failure = provisionerError(error);
      if (node === undefined) throw failure;
      if (failure.code === 'absent') drop(node.uuid);
      if (failure.code !== 'busy' && failure.code !== 'refused') throw failure;
      const now = await reread(node);
      const moved = failure.code === 'refused' && now.provisionState !== node.provisionState;
      throw moved ? new ProvisionerError('busy', failure.message, { cause: error }) : failure;
    }
  };
  /** Believed even if it is older than what we know: the database may have been restored from a backup. */
  const reread = async (node: NodeSnapshot): Promise<NodeSnapshot> => {
    const { node: message } = await client.getNode({ ident: node.uuid }).catch(() => ({ node: undefined }));
    return message === undefined ? node : put(snapshotOf(message));
  };
  const expecting = (node: NodeSnapshot) => ({
    requestId: requestId(),
    ident: node.uuid,
    expectedRevision: node.revision,
  });

  const provisioner: Provisioner = {
    features: { disablePowerOff: true, health: true, abortDeploy: true },

    async findNode(ident) {
      const known = nodes.get(ident) ?? nodes.get(byName.get(ident) ?? '');
      if (known !== undefined || mirror.synced()) return known;
      try {
        return await call(undefined, async () => answer((await client.getNode({ ident })).node));
      } catch (error) {
        if (error instanceof ProvisionerError && error.code === 'absent') return undefined;
        throw error;
      }
    },
    createNode: (body) =>
      call(undefined, async () =>
        answer((await client.createNode({ requestId: requestId(), nodeJson: writeJson(body) })).node),
      ),
    patchNode: (node, patch) =>
      call(node, async () =>
        answer((await client.patchNode({ ...expecting(node), patchJson: writeJson(patch) })).node),
      ),
    async deleteNode(node) {
      try {
        await call(node, () => client.deleteNode(expecting(node)));
      } catch (error) {
        if (!(error instanceof ProvisionerError) || error.code !== 'absent') throw error;
      }
      drop(node.uuid);
    },

    setProvisionState: (node, target, args) =>
      call(node, async () =>
        answer((await client.setProvisionState({ ...expecting(node), target, argumentsJson: writeJson(args) })).node),
      ),
    setPowerState: (node, target, timeoutSeconds = 0) =>
      call(node, async () => answer((await client.setPowerState({ ...expecting(node), target, timeoutSeconds })).node)),
    setMaintenance: (node, maintenance, reason = '') =>
      call(node, async () =>
        answer((await client.setMaintenance({ requestId: requestId(), ident: node.uuid, maintenance, reason })).node),
      ),

    setTargetRaid: (node, config) =>
      call(node, async () =>
        answer((await client.setTargetRaidConfig({ ...expecting(node), configJson: writeJson(config) })).node),
      ),

    async validate(node) {
      const { results } = await call(node, () => client.validateNode({ ident: node.uuid }));
      return results
        .filter((result) => ['boot', 'deploy'].includes(result.interface) && result.hasResult && !result.result)
        .map((result) => `${result.interface}: ${result.reason}`);
    },
    async findInventory(node) {
      try {
        const { inventoryJson, pluginDataJson } = await client.getInventory({ ident: node.uuid });
        return { inventory: object(inventoryJson), pluginData: object(pluginDataJson) };
      } catch (error) {
        const failure = provisionerError(error);
        if (failure.code === 'absent') return undefined;
        throw failure;
      }
    },

    readFirmware: (node) =>
      call(node, async () => {
        const { biosSettingsJson, componentsJson } = await client.getFirmware({ ident: node.uuid });
        return firmwareOf(readJson(biosSettingsJson) as Json | undefined, readJson(componentsJson) as Json | undefined);
      }),

    ...grpcBmc({ client, requestId, call }),

    async listPorts({ nodeUuid = '', address = '' }) {
      const { ports } = await call(undefined, () => client.listPorts({ nodeIdent: nodeUuid, address }));
      return ports.map((port): NodePort => ({ uuid: port.uuid, nodeUuid: port.nodeUuid, address: port.address }));
    },
    async createPort({ nodeUuid, address, pxeEnabled }) {
      const portJson = writeJson({ node_uuid: nodeUuid, address, pxe_enabled: pxeEnabled });
      await call(undefined, () => client.createPort({ requestId: requestId(), portJson }));
    },

    async listActivity() {
      return [...nodes.values()];
    },
    changes: (signal) => feed.follow(signal),
    progressOf: (uuid) => nodes.get(uuid)?.progress ?? '',
  };

  return { provisioner, part: mirror };
}

const newsFields = [
  'name',
  'provisionState',
  'targetProvisionState',
  'powerState',
  'targetPowerState',
  'lastError',
  'maintenance',
  'fault',
  'health',
] as const satisfies readonly (keyof NodeSnapshot)[];

/** Progress within a state gives a host nothing to do. */
function isNews(before: NodeSnapshot | undefined, after: NodeSnapshot): boolean {
  return before === undefined || newsFields.some((field) => before[field] !== after[field]);
}

function object(bytes: Uint8Array): JsonObject {
  return (readJson(bytes) as JsonObject | undefined) ?? {};
}

/** A node as the contract has it, in our words. */
export function snapshotOf(node: Node): NodeSnapshot {
  const finished = node.inspectionFinishedAt;
  const step = object(node.cleanStepJson)['step'];
  return {
    uuid: node.uuid,
    name: node.name,
    revision: node.revision,
    driver: node.driver,
    provisionState: node.provisionState,
    targetProvisionState: node.targetProvisionState,
    powerState: node.powerState,
    targetPowerState: node.targetPowerState,
    maintenance: node.maintenance,
    fault: node.fault,
    lastError: node.lastError,
    instanceUuid: node.instanceUuid,
    automatedClean: node.hasAutomatedClean ? node.automatedClean : undefined,
    disablePowerOff: node.disablePowerOff,
    inspectionFinishedAt: finished === undefined ? undefined : Number(finished.seconds) + finished.nanos / 1e9,
    health: node.health,
    driverInfo: object(node.driverInfoJson),
    instanceInfo: object(node.instanceInfoJson),
    properties: object(node.propertiesJson),
    networkData: node.networkDataJson.length === 0 ? undefined : object(node.networkDataJson),
    cleanStep: typeof step === 'string' ? step : '',
    bootInterface: node.interfaces['boot'] ?? '',
    deployInterface: node.interfaces['deploy'] ?? '',
    inspectInterface: node.interfaces['inspect'] ?? '',
    raidInterface: node.interfaces['raid'] ?? '',
    targetRaid: object(node.targetRaidConfigJson),
    progress: node.progress,
  };
}

/** What a failed call means to us, by the code the server gave or, failing that, by its class. */
export function provisionerError(error: unknown): ProvisionerError {
  if (error instanceof ProvisionerError) return error;
  const coded = isCodedError(error) ? error : toCodedError(error);
  return new ProvisionerError(meaning(coded), coded.message, { cause: error });
}

function meaning({ class: kind, grpcStatus }: ReturnType<typeof toCodedError>): ProvisionerErrorCode {
  switch (grpcStatus) {
    case 'NOT_FOUND':
      return 'absent';
    case 'ALREADY_EXISTS':
      return 'conflict';
    case 'ABORTED':
      return 'busy';
    case 'UNAUTHENTICATED':
    case 'PERMISSION_DENIED':
      return 'denied';
    case 'UNAVAILABLE':
    case 'DEADLINE_EXCEEDED':
    case 'CANCELLED':
    case 'INTERNAL':
    case 'UNKNOWN':
      return 'unavailable';
    case 'FAILED_PRECONDITION':
      return kind === 'conflict' ? 'busy' : 'refused';
    default:
      return kind === 'conflict' ? 'busy' : kind === 'transient' ? 'unavailable' : 'refused';
  }
}
