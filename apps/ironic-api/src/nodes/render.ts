import { mask, maskInstanceInfo, maskSecrets, type JsonObject, type Node } from '@metal3/node';
import { linkPairText } from '../http/links.ts';
import { isoTime } from '../http/time.ts';
import { fullFields } from './fields.ts';

/** What a representation needs besides the node itself. */
export interface RenderContext {
  /** `http://host:port` that links start with. */
  readonly base: string;
  readonly minor: number;
  /** Host of a live conductor that would serve the node, by driver and group. */
  readonly conductorOf: (node: Node) => string | null;
}

type Writer = (node: Node, context: RenderContext) => string;

const text = (value: string | null): string => (value === null ? 'null' : JSON.stringify(value));
const time = (value: number | null): string => (value === null ? 'null' : `"${isoTime(value)}"`);
const flag = (value: boolean | null): string => (value === null ? 'null' : value ? 'true' : 'false');
const object = (value: object | null): string => (value === null ? '{}' : JSON.stringify(value));

/** One function per attribute that writes its JSON text: a representation is the concatenation of these, without building an object first. */
const writers: Readonly<Record<string, Writer>> = {
  uuid: (node) => `"${node.uuid}"`,
  created_at: (node) => time(node.createdAt),
  updated_at: (node) => time(node.updatedAt),
  automated_clean: (node) => flag(node.automatedClean),
  bios_interface: (node) => text(node.interfaces.bios),
  boot_interface: (node) => text(node.interfaces.boot),
  boot_mode: (node) => text(node.bootMode),
  clean_step: (node) => object(node.cleanStep),
  conductor_group: (node) => text(node.conductorGroup),
  console_enabled: (node) => flag(node.consoleEnabled),
  console_interface: (node) => text(node.interfaces.console),
  disable_power_off: (node) => flag(node.disablePowerOff),
  deploy_interface: (node) => text(node.interfaces.deploy),
  deploy_step: (node) => object(node.deployStep),
  description: (node) => text(node.description),
  driver: (node) => text(node.driver),
  driver_info: (node) => object(maskSecrets(node.driverInfo)),
  driver_internal_info: (node) => object(internalInfo(node)),
  extra: (node) => object(node.extra),
  fault: (node) => text(node.fault),
  firmware_interface: (node) => text(node.interfaces.firmware),
  health: (node) => text(node.health),
  inspection_finished_at: (node) => time(node.inspectionFinishedAt),
  inspection_started_at: (node) => time(node.inspectionStartedAt),
  inspect_interface: (node) => text(node.interfaces.inspect),
  instance_info: (node) => object(instanceInfo(node)),
  instance_name: (node) => text(node.instanceName),
  instance_uuid: (node) => text(node.instanceUuid),
  last_error: (node) => text(node.lastError),
  lessee: (node) => text(node.lessee),
  maintenance: (node) => flag(node.maintenance),
  maintenance_reason: (node) => text(node.maintenanceReason),
  management_interface: (node) => text(node.interfaces.management),
  name: (node) => text(node.name),
  network_data: (node) => object(node.networkData),
  network_interface: (node) => text(node.interfaces.network),
  owner: (node) => text(node.owner),
  parent_node: (node) => text(node.parentNode),
  power_interface: (node) => text(node.interfaces.power),
  power_state: (node) => text(node.powerState),
  properties: (node) => object(node.properties),
  protected: (node) => flag(node.protected),
  protected_reason: (node) => text(node.protectedReason),
  provision_state: (node, { minor }) => text(shownState(node.provisionState, minor)),
  provision_updated_at: (node) => time(node.provisionUpdatedAt),
  raid_config: (node) => object(node.raidConfig),
  raid_interface: (node) => text(node.interfaces.raid),
  rescue_interface: (node) => text(node.interfaces.rescue),
  reservation: (node) => text(node.reservation),
  resource_class: (node) => text(node.resourceClass),
  retired: (node) => flag(node.retired),
  retired_reason: (node) => text(node.retiredReason),
  secure_boot: (node) => flag(node.secureBoot),
  service_step: (node) => object(node.serviceStep),
  shard: (node) => text(node.shard),
  storage_interface: (node) => text(node.interfaces.storage),
  target_power_state: (node) => text(node.targetPowerState),
  target_provision_state: (node, { minor }) => text(shownState(node.targetProvisionState, minor)),
  target_raid_config: (node) => object(node.targetRaidConfig),
  traits: (node) => JSON.stringify(node.traits),
  vendor_interface: (node) => text(node.interfaces.vendor),
  links: (node, { base }) => linkPairText(base, `nodes/${node.uuid}`),
  conductor: (node, { conductorOf }) => text(conductorOf(node)),
  allocation_uuid: (node) => text(node.allocationUuid),
  chassis_uuid: (node) => text(node.chassisUuid),
  ports: (node, { base }) => linkPairText(base, `nodes/${node.uuid}/ports`),
  states: (node, { base }) => linkPairText(base, `nodes/${node.uuid}/states`),
  portgroups: (node, { base }) => linkPairText(base, `nodes/${node.uuid}/portgroups`),
  volume: (node, { base }) => linkPairText(base, `nodes/${node.uuid}/volume`),
};

/** `available` was called null before 1.2, and `inspect wait` did not exist before 1.39. */
function shownState(state: string | null, minor: number): string | null {
  if (minor < 2 && state === 'available') return null;
  if (minor < 39 && state === 'inspect wait') return 'inspecting';
  return state;
}

const instanceInfo = (node: Node): JsonObject => {
  const shown = maskInstanceInfo(node.instanceInfo);
  return node.hasConfigDrive ? { ...shown, configdrive: mask } : shown;
};

/** The conductor's notes together with what upstream keeps among them of the agent. */
export function internalInfo(node: Node): JsonObject {
  const { agent } = node;
  if (agent === null) return maskSecrets(node.driverInternalInfo);
  return {
    ...maskSecrets(node.driverInternalInfo),
    ...(agent.url === null ? {} : { agent_url: agent.url }),
    ...(agent.version === null ? {} : { agent_version: agent.version }),
    ...(agent.lastHeartbeat === null ? {} : { agent_last_heartbeat: isoTime(agent.lastHeartbeat).slice(0, 26) }),
    ...(agent.verifyCa === null ? {} : { agent_verify_ca: agent.verifyCa }),
    ...(agent.tokenIssued ? { agent_secret_token: mask } : {}),
    ...(agent.tokenPregenerated ? { agent_secret_token_pregenerated: true } : {}),
    ...(agent.status === null ? {} : { agent_status: agent.status }),
    ...(agent.statusMessage === null ? {} : { agent_status_message: agent.statusMessage }),
  };
}

interface Part {
  readonly opening: string;
  readonly write: Writer;
}

function partsOf(fields: readonly string[]): readonly Part[] {
  return fields.flatMap((name, index) => {
    const write = writers[name];
    return write === undefined ? [] : [{ opening: `${index === 0 ? '{' : ','}"${name}":`, write }];
  });
}

const partsCache = new WeakMap<readonly string[], readonly Part[]>();

/** JSON text of the chosen attributes. Passing the same array of fields again saves preparing it. */
export function renderNode(node: Node, fields: readonly string[], context: RenderContext): string {
  let parts = partsCache.get(fields);
  if (parts === undefined) {
    parts = partsOf(fields);
    partsCache.set(fields, parts);
  }
  let json = '';
  for (const { opening, write } of parts) json += opening + write(node, context);
  return `${json}}`;
}

interface Rendering {
  readonly base: string;
  readonly minor: number;
  readonly conductor: string | null;
  readonly json: string;
}

const renderings = new WeakMap<Node, Rendering>();

/**
 * The full representation. The store hands out the same object until the node changes, so the last rendering is kept with it: polling
 * clients and lists of many nodes pay for a node once per change.
 */
export function renderFullNode(node: Node, context: RenderContext): string {
  const { base, minor } = context;
  const conductor = context.conductorOf(node);
  const kept = renderings.get(node);
  if (kept !== undefined && kept.minor === minor && kept.base === base && kept.conductor === conductor)
    return kept.json;
  const json = renderNode(node, fullFields(minor), { base, minor, conductorOf: () => conductor });
  renderings.set(node, { base, minor, conductor, json });
  return json;
}
