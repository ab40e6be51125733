import { instantOf, type Json, type JsonObject } from '../../kernel.ts';
import type { NodeSnapshot } from '../node.ts';

/** A node as `GET /v1/nodes/{uuid}` has it, in our words. Fields that were not asked for count as empty. */
export function snapshotOf(body: JsonObject): NodeSnapshot {
  return {
    uuid: text(body['uuid']),
    name: text(body['name']),
    revision: 0n,
    driver: text(body['driver']),
    provisionState: text(body['provision_state']),
    targetProvisionState: text(body['target_provision_state']),
    powerState: text(body['power_state']),
    targetPowerState: text(body['target_power_state']),
    maintenance: body['maintenance'] === true,
    fault: text(body['fault']),
    lastError: text(body['last_error']),
    instanceUuid: text(body['instance_uuid']),
    automatedClean: typeof body['automated_clean'] === 'boolean' ? body['automated_clean'] : undefined,
    disablePowerOff: body['disable_power_off'] === true,
    inspectionFinishedAt: instantOf(text(body['inspection_finished_at'])),
    health: text(body['health']),
    driverInfo: object(body['driver_info']),
    instanceInfo: object(body['instance_info']),
    properties: object(body['properties']),
    networkData: body['network_data'] === undefined ? undefined : object(body['network_data']),
    cleanStep: text(object(body['clean_step'])['step']),
    bootInterface: text(body['boot_interface']),
    deployInterface: text(body['deploy_interface']),
    inspectInterface: text(body['inspect_interface']),
    raidInterface: text(body['raid_interface']),
    targetRaid: object(body['target_raid_config']),
    progress: '',
  };
}

/** The fields whose change is news to a host. */
export const newsFields = [
  'uuid',
  'name',
  'provision_state',
  'target_provision_state',
  'power_state',
  'target_power_state',
  'last_error',
  'maintenance',
  'fault',
  'boot_interface',
  'inspection_finished_at',
] as const;

const restingStates: ReadonlySet<string> = new Set([
  'enroll',
  'manageable',
  'available',
  'active',
  'rescue',
  'error',
  'adopt failed',
  'clean failed',
  'deploy failed',
  'inspect failed',
  'rescue failed',
  'service failed',
]);

/** Whether Ironic is doing something with the node, so that news is near. */
export function isUnderWay(node: NodeSnapshot): boolean {
  return !restingStates.has(node.provisionState) || node.targetPowerState !== '';
}

export function object(value: Json | undefined): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
}

export function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}
