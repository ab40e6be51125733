import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { writeJson, type NodeSchema, type PortSchema } from '@metal3/ironic-client';
import { interfaceKinds, mask, maskInstanceInfo, maskSecrets, type Node, type Port } from '@metal3/node';
import { internalInfo } from '../nodes/render.ts';

export type NodeMessage = MessageInitShape<typeof NodeSchema>;
export type PortMessage = MessageInitShape<typeof PortSchema>;

const messages = new WeakMap<Node, NodeMessage>();

/** A node as gRPC clients see it, made once for each version of the node. Secrets are masked. */
export function nodeMessage(node: Node): NodeMessage {
  let message = messages.get(node);
  if (message === undefined) {
    message = makeMessage(node);
    messages.set(node, message);
  }
  return message;
}

const time = (milliseconds: number | null) => (milliseconds === null ? {} : { at: timestampFromMs(milliseconds) });
const json = (value: object | null) => (value === null ? new Uint8Array() : writeJson(value));

function makeMessage(node: Node): NodeMessage {
  const { at: updatedAt } = time(node.updatedAt);
  const { at: provisionUpdatedAt } = time(node.provisionUpdatedAt);
  const { at: inspectionFinishedAt } = time(node.inspectionFinishedAt);
  const { at: inspectionStartedAt } = time(node.inspectionStartedAt);
  const instanceInfo = maskInstanceInfo(node.instanceInfo);
  return {
    uuid: node.uuid,
    name: node.name ?? '',
    driver: node.driver,
    revision: BigInt(node.revision),
    provisionState: node.provisionState,
    targetProvisionState: node.targetProvisionState ?? '',
    powerState: node.powerState ?? '',
    targetPowerState: node.targetPowerState ?? '',
    maintenance: node.maintenance,
    maintenanceReason: node.maintenanceReason ?? '',
    fault: node.fault ?? '',
    lastError: node.lastError ?? '',
    reservation: node.reservation ?? '',
    conductorGroup: node.conductorGroup,
    resourceClass: node.resourceClass ?? '',
    instanceUuid: node.instanceUuid ?? '',
    automatedClean: node.automatedClean ?? false,
    hasAutomatedClean: node.automatedClean !== null,
    bootMode: node.bootMode ?? '',
    secureBoot: node.secureBoot ?? false,
    description: node.description ?? '',
    owner: node.owner ?? '',
    protected: node.protected,
    disablePowerOff: node.disablePowerOff,
    createdAt: timestampFromMs(node.createdAt),
    ...(updatedAt === undefined ? {} : { updatedAt }),
    ...(provisionUpdatedAt === undefined ? {} : { provisionUpdatedAt }),
    ...(inspectionFinishedAt === undefined ? {} : { inspectionFinishedAt }),
    ...(inspectionStartedAt === undefined ? {} : { inspectionStartedAt }),
    driverInfoJson: json(maskSecrets(node.driverInfo)),
    driverInternalInfoJson: json(internalInfo(node)),
    instanceInfoJson: json(node.hasConfigDrive ? { ...instanceInfo, configdrive: mask } : instanceInfo),
    propertiesJson: json(node.properties),
    extraJson: json(node.extra),
    cleanStepJson: json(node.cleanStep),
    deployStepJson: json(node.deployStep),
    serviceStepJson: json(node.serviceStep),
    raidConfigJson: json(node.raidConfig),
    targetRaidConfigJson: json(node.targetRaidConfig),
    interfaces: Object.fromEntries(interfaceKinds.map((kind) => [kind, node.interfaces[kind] ?? ''])),
    traits: [...node.traits],
    progress: node.progress ?? '',
    health: node.health ?? '',
    networkDataJson: json(node.networkData),
  };
}

export const portMessage = (port: Port): PortMessage => ({
  uuid: port.uuid,
  nodeUuid: port.nodeUuid,
  address: port.address,
  pxeEnabled: port.pxeEnabled,
  name: port.name ?? '',
  physicalNetwork: port.physicalNetwork ?? '',
  extraJson: json(port.extra),
  localLinkConnectionJson: json(port.localLinkConnection),
  internalInfoJson: json(maskSecrets(port.internalInfo)),
  revision: BigInt(port.revision),
});
