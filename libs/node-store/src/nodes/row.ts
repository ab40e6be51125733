import {
  noInterfaces,
  type Fault,
  type JsonObject,
  type Node,
  type NodeAgent,
  type NodeInterfaces,
  type NodeStep,
  type NodeUuid,
  type PowerState,
  type PowerTarget,
  type ProvisionState,
} from '@metal3/node';
import {
  fromTruth,
  integer,
  optionalInteger,
  optionalText,
  optionalTruth,
  text,
  truth,
  type Row,
  type SqlValue,
} from '../sql/database.ts';

/**
 * Everything a `Node` is made of. `stamp` is a sum of counters that only grow, so it differs whenever any part of the node does; with the id
 * it says whether a node read before is still the same.
 */
export const stampSql = 'n.revision + a.touch + w.touch AS stamp';
export const nodeFromSql = 'FROM node n JOIN node_agent a ON a.node_id = n.id JOIN node_work w ON w.node_id = n.id';
export const nodeColumnsSql =
  'n.*, a.url AS agent_url, a.version AS agent_version, a.verify_ca AS agent_verify_ca, a.token AS agent_token, ' +
  'a.token_pregenerated AS agent_token_pregenerated, a.status AS agent_status, a.status_message AS agent_status_message, ' +
  `a.last_heartbeat AS agent_last_heartbeat, w.lease_owner AS lease_owner, ${stampSql}`;

const emptyObject: JsonObject = Object.freeze({});
const noTraits: readonly string[] = Object.freeze([]);

export function jsonObject(value: SqlValue | undefined): JsonObject {
  return value === '{}' ? emptyObject : (JSON.parse(text(value)) as JsonObject);
}

function step(value: SqlValue | undefined): NodeStep | null {
  return typeof value === 'string' ? (JSON.parse(value) as NodeStep) : null;
}

/** Which implementations a node has, by few distinct texts over all nodes. */
const interfacesByText = new Map<string, NodeInterfaces>();
function interfaces(value: SqlValue | undefined): NodeInterfaces {
  const key = text(value);
  let found = interfacesByText.get(key);
  if (found === undefined) {
    found = { ...noInterfaces, ...(JSON.parse(key) as Partial<NodeInterfaces>) };
    if (interfacesByText.size > 200) interfacesByText.clear();
    interfacesByText.set(key, found);
  }
  return found;
}

export function nodeFromRow(row: Row): Node {
  return {
    id: integer(row['id']),
    uuid: text(row['uuid']) as NodeUuid,
    revision: integer(row['revision']),
    name: optionalText(row['name']),
    driver: text(row['driver']),
    driverInfo: jsonObject(row['driver_info']),
    instanceInfo: jsonObject(row['instance_info']),
    properties: jsonObject(row['properties']),
    extra: jsonObject(row['extra']),
    networkData: jsonObject(row['network_data']),
    interfaces: interfaces(row['interfaces']),
    traits: row['traits'] === '[]' ? noTraits : (JSON.parse(text(row['traits'])) as string[]),
    instanceUuid: optionalText(row['instance_uuid']),
    instanceName: optionalText(row['instance_name']),
    chassisUuid: optionalText(row['chassis_uuid']),
    resourceClass: optionalText(row['resource_class']),
    conductorGroup: text(row['conductor_group']),
    maintenance: truth(row['maintenance']),
    automatedClean: optionalTruth(row['automated_clean']),
    protected: truth(row['protected']),
    protectedReason: optionalText(row['protected_reason']),
    retired: truth(row['retired']),
    retiredReason: optionalText(row['retired_reason']),
    owner: optionalText(row['owner']),
    lessee: optionalText(row['lessee']),
    description: optionalText(row['description']),
    shard: optionalText(row['shard']),
    parentNode: optionalText(row['parent_node']) as NodeUuid | null,
    disablePowerOff: truth(row['disable_power_off']),
    consoleEnabled: truth(row['console_enabled']),
    provisionState: text(row['provision_state']) as ProvisionState,
    targetProvisionState: optionalText(row['target_provision_state']) as ProvisionState | null,
    provisionUpdatedAt: optionalInteger(row['provision_updated_at']),
    powerState: optionalText(row['power_state']) as PowerState | null,
    targetPowerState: optionalText(row['target_power_state']) as PowerTarget | null,
    bootMode: optionalText(row['boot_mode']),
    secureBoot: optionalTruth(row['secure_boot']),
    lastError: optionalText(row['last_error']),
    maintenanceReason: optionalText(row['maintenance_reason']),
    fault: optionalText(row['fault']) as Fault | null,
    health: optionalText(row['health']),
    cleanStep: step(row['clean_step']),
    deployStep: step(row['deploy_step']),
    serviceStep: step(row['service_step']),
    raidConfig: jsonObject(row['raid_config']),
    targetRaidConfig: jsonObject(row['target_raid_config']),
    inspectionStartedAt: optionalInteger(row['inspection_started_at']),
    inspectionFinishedAt: optionalInteger(row['inspection_finished_at']),
    driverInternalInfo: jsonObject(row['driver_internal_info']),
    progress: optionalText(row['progress']),
    allocationUuid: optionalText(row['allocation_uuid']),
    hasConfigDrive: truth(row['has_config_drive']),
    createdAt: integer(row['created_at']),
    updatedAt: optionalInteger(row['updated_at']),
    agent: agentFromRow(row),
    reservation: optionalText(row['lease_owner']),
  };
}

function agentFromRow(row: Row): NodeAgent | null {
  const lastHeartbeat = optionalInteger(row['agent_last_heartbeat']);
  const tokenIssued = row['agent_token'] !== null;
  if (row['agent_url'] === null && !tokenIssued && lastHeartbeat === null) return null;
  return {
    url: optionalText(row['agent_url']),
    version: optionalText(row['agent_version']),
    verifyCa: optionalText(row['agent_verify_ca']),
    tokenIssued,
    tokenPregenerated: truth(row['agent_token_pregenerated']),
    status: optionalText(row['agent_status']),
    statusMessage: optionalText(row['agent_status_message']),
    lastHeartbeat,
  };
}

type Codec = (value: never) => SqlValue;
const plain: Codec = (value: SqlValue) => value;
const json: Codec = (value: unknown) => JSON.stringify(value);
const optionalJson: Codec = (value: unknown) => (value === null ? null : JSON.stringify(value));
const flag: Codec = (value: boolean | null) => fromTruth(value);

/** Column and encoding of every field of a node that is written; the order is that of the columns in statements. */
export const nodeColumns = {
  name: ['name', plain],
  driver: ['driver', plain],
  driverInfo: ['driver_info', json],
  instanceInfo: ['instance_info', json],
  properties: ['properties', json],
  extra: ['extra', json],
  networkData: ['network_data', json],
  interfaces: ['interfaces', json],
  traits: ['traits', json],
  instanceUuid: ['instance_uuid', plain],
  instanceName: ['instance_name', plain],
  chassisUuid: ['chassis_uuid', plain],
  resourceClass: ['resource_class', plain],
  conductorGroup: ['conductor_group', plain],
  maintenance: ['maintenance', flag],
  automatedClean: ['automated_clean', flag],
  protected: ['protected', flag],
  protectedReason: ['protected_reason', plain],
  retired: ['retired', flag],
  retiredReason: ['retired_reason', plain],
  owner: ['owner', plain],
  lessee: ['lessee', plain],
  description: ['description', plain],
  shard: ['shard', plain],
  parentNode: ['parent_node', plain],
  disablePowerOff: ['disable_power_off', flag],
  consoleEnabled: ['console_enabled', flag],
  provisionState: ['provision_state', plain],
  targetProvisionState: ['target_provision_state', plain],
  provisionUpdatedAt: ['provision_updated_at', plain],
  powerState: ['power_state', plain],
  targetPowerState: ['target_power_state', plain],
  bootMode: ['boot_mode', plain],
  secureBoot: ['secure_boot', flag],
  lastError: ['last_error', plain],
  maintenanceReason: ['maintenance_reason', plain],
  fault: ['fault', plain],
  health: ['health', plain],
  cleanStep: ['clean_step', optionalJson],
  deployStep: ['deploy_step', optionalJson],
  serviceStep: ['service_step', optionalJson],
  raidConfig: ['raid_config', json],
  targetRaidConfig: ['target_raid_config', json],
  inspectionStartedAt: ['inspection_started_at', plain],
  inspectionFinishedAt: ['inspection_finished_at', plain],
  driverInternalInfo: ['driver_internal_info', json],
  progress: ['progress', plain],
  allocationUuid: ['allocation_uuid', plain],
  hasConfigDrive: ['has_config_drive', flag],
} as const satisfies { readonly [field in keyof Node]?: readonly [column: string, codec: Codec] };

export type WritableField = keyof typeof nodeColumns;
export type WritableFields = { readonly [field in WritableField]?: Node[field] };
export const writableFields = Object.keys(nodeColumns) as readonly WritableField[];

/** The stored form of one field. */
export function encodeField(field: WritableField, value: unknown): SqlValue {
  return nodeColumns[field][1](value as never);
}
