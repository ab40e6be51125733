import type { AboutNode, AgentClient, Agents } from '@metal3/agent';
import { isJsonObject, type JsonObject, mask, maskSecrets, type Node, type Port } from '@metal3/node';
import { EffectProblem } from '../work/problems.ts';

/** A client for the agent that runs on a node now. @throws EffectProblem when none is known */
export type AgentOf = (node: Node) => Promise<AgentClient>;

export function agentFinder(agents: Agents, tokenOf: (nodeUuid: string) => Promise<string | undefined>): AgentOf {
  return async (node) => {
    const { agent } = node;
    const token = agent === null ? undefined : await tokenOf(node.uuid);
    if (agent === null || agent.url === null || token === undefined) {
      throw new EffectProblem(
        `No agent is known for node ${node.uuid}: its address or token was lost when the machine restarted`,
      );
    }
    return agents.agent({ url: agent.url, token, verifyCa: agent.verifyCa ?? undefined });
  };
}

/** How the agent's erase steps behave; agents read these from driver_internal_info. */
const eraseOptions: JsonObject = {
  agent_erase_devices_iterations: 1,
  agent_erase_devices_zeroize: true,
  agent_continue_if_secure_erase_failed: false,
  agent_continue_if_ata_erase_failed: false,
  agent_enable_nvme_secure_erase: true,
  agent_enable_ata_secure_erase: true,
  disk_erasure_concurrency: 4,
  agent_erase_skip_read_only: false,
};

/** Node and ports as an agent expects them: Ironic's REST names, BMC secrets masked, the config drive in clear where it is needed. */
export function aboutNode(node: Node, ports: readonly Port[], configDrive?: string): AboutNode {
  const { configdrive: _hidden, ...instanceInfo } = node.instanceInfo;
  return {
    node: {
      uuid: node.uuid,
      name: node.name,
      driver: node.driver,
      provision_state: node.provisionState,
      target_provision_state: node.targetProvisionState,
      power_state: node.powerState,
      properties: node.properties,
      extra: node.extra,
      driver_info: maskedInfo(node.driverInfo),
      instance_info: {
        ...maskSecrets(instanceInfo),
        ...(configDrive === undefined ? {} : { configdrive: configDrive }),
      },
      driver_internal_info: {
        ...maskSecrets(node.driverInternalInfo),
        ...eraseOptions,
        is_whole_disk_image: true,
        deploy_boot_mode: node.bootMode ?? 'uefi',
      },
      clean_step: node.cleanStep ?? {},
      deploy_step: node.deployStep ?? {},
      raid_config: node.raidConfig,
      target_raid_config: node.targetRaidConfig,
      instance_uuid: node.instanceUuid,
      resource_class: node.resourceClass,
    },
    ports: ports.map((port) => ({
      uuid: port.uuid,
      address: port.address,
      pxe_enabled: port.pxeEnabled,
      local_link_connection: port.localLinkConnection,
      physical_network: port.physicalNetwork,
      extra: port.extra,
    })),
  };
}

function maskedInfo(driverInfo: JsonObject): JsonObject {
  // Sealed values are objects or strings of the store's own; none of them is for the agent.
  return Object.fromEntries(
    Object.entries(maskSecrets(driverInfo)).map(([key, value]) => [key, isJsonObject(value) ? mask : value]),
  );
}
