import {
  interfaceChangeStates,
  interfaceKinds,
  provisionState,
  updateAllowedStates,
  type InterfaceKind,
  type JsonObject,
  type Node,
  type NodeInterfaces,
  type NodeUserFields,
} from '@metal3/node';
import type { NodePatch } from '@metal3/node-store';
import { chooseInterfaces, offeredDriver, type Catalogue } from '../drivers/catalogue.ts';
import { associated, conflict, invalid, notAcceptable } from '../faults.ts';
import { applyPatch } from '../json-patch/apply.ts';
import { rootOf, type PatchOperation } from '../json-patch/operations.ts';
import { interfaceFields, sinceOf } from './fields.ts';
import { restoreMasked } from './masked-input.ts';
import { isNodeName } from './names.ts';
import { checkPatchedNode } from './schema.ts';
import { checkProperties, storedFields, storedName, wantedInterfaces } from './values.ts';

/** In upstream's order, which the error text shows. */
const patchable = [
  ...['automated_clean', 'bios_interface', 'boot_interface', 'chassis_uuid', 'conductor_group', 'console_interface'],
  ...['deploy_interface', 'description', 'disable_power_off', 'driver', 'driver_info', 'extra', 'inspect_interface'],
  ...['instance_info', 'instance_name', 'instance_uuid', 'lessee', 'maintenance', 'management_interface', 'name'],
  ...['network_data', 'network_interface', 'owner', 'power_interface', 'properties', 'protected', 'protected_reason'],
  ...['raid_interface', 'rescue_interface', 'resource_class', 'retired', 'retired_reason', 'shard'],
  ...['storage_interface', 'vendor_interface', 'parent_node', 'firmware_interface'],
];
const isPatchable = new Set(patchable);
const isInterface = new Set<string>(interfaceFields);

/** Checks that depend on the request alone. @throws Fault 400 or 406 */
export function checkPatchPaths(patch: readonly PatchOperation[], minor: number, resetInterfaces: boolean): void {
  const roots = patch.map(rootOf);
  for (const root of roots) {
    if (!isPatchable.has(root)) {
      throw invalid(`Cannot patch /${root}. Only the following can be updated: ${patchable.join(', ')}`);
    }
  }
  for (const operation of patch) {
    // Removing an attribute means resetting it, which old clients may do to attributes they do not know.
    if (operation.op !== 'remove' && (sinceOf(rootOf(operation)) ?? 1) > minor) throw notAcceptable();
    if (operation.op === 'remove' && operation.path === '/driver')
      throw invalid('Cannot remove /driver: a node needs a driver');
    if (operation.op === 'remove' && operation.path === '/chassis_uuid' && minor < 25) throw notAcceptable();
  }
  if (resetInterfaces && minor < 45) throw notAcceptable();
  if (resetInterfaces && !roots.includes('driver')) {
    throw invalid("The reset_interfaces parameter can only be used when changing the node's driver.");
  }
}

/** What a patch makes of a node: the fields to write, undefined for none. Pure, so that it runs inside the store's transaction. */
export function decidePatch(
  node: Node,
  patch: readonly PatchOperation[],
  options: { readonly minor: number; readonly resetInterfaces: boolean; readonly catalogue: Catalogue },
): NodePatch | undefined {
  if (patch.length === 0) return undefined;
  checkUpdatable(node, patch, options.minor);

  const before = attributesOf(node);
  const after = applyPatch(before, patch.map(rootRemovalAsReset));
  checkPatchedNode(after);
  const touched = new Set(patch.map(rootOf));
  const changed = Object.fromEntries(Object.entries(after).filter(([name]) => touched.has(name)));
  const fields = withMasksRestored(storedFields(changed), node);
  const interfaces = patchedInterfaces(node, fields, changed, options);

  checkChanges(node, fields, changed, interfaces, options.minor);
  return { ...fields, ...consequences(node, fields), ...(interfaces === undefined ? {} : { interfaces }) };
}

/** The writable attributes as a document that operations apply to. */
function attributesOf(node: Node): Record<string, unknown> {
  const document: Record<string, unknown> = {};
  for (const [name, stored] of Object.entries(storedName)) document[name] = node[stored];
  for (const kind of interfaceKinds) document[`${kind}_interface`] = node.interfaces[kind];
  return document;
}

const rootRemovalAsReset = (operation: PatchOperation): PatchOperation =>
  operation.op === 'remove' && operation.path === `/${rootOf(operation)}`
    ? { op: 'replace', path: operation.path, value: null }
    : operation;

function checkUpdatable(node: Node, patch: readonly PatchOperation[], minor: number): void {
  const releasesInstance =
    node.maintenance && patch.length === 1 && patch[0]?.op === 'remove' && patch[0].path === '/instance_uuid';
  if (node.targetProvisionState !== null && !updateAllowedStates.has(node.provisionState) && !releasesInstance) {
    throw conflict(`Node ${node.uuid} can not be updated while a state transition is in progress.`);
  }
  if (node.provisionState === provisionState.inspecting && minor >= 39) {
    throw conflict(`Cannot update node "${node.uuid}" while it is in state "${node.provisionState}".`);
  }
}

const freeForm = ['driverInfo', 'instanceInfo', 'properties', 'extra', 'networkData'] as const;

function withMasksRestored(fields: Partial<NodeUserFields>, node: Node): Partial<NodeUserFields> {
  const restored = freeForm.flatMap((name) => {
    const value = fields[name];
    return value === undefined ? [] : [[name, restoreMasked(value, node[name])] as const];
  });
  return { ...fields, ...Object.fromEntries(restored) };
}

function patchedInterfaces(
  node: Node,
  fields: Partial<NodeUserFields>,
  changed: Readonly<Record<string, unknown>>,
  { catalogue, resetInterfaces }: { readonly catalogue: Catalogue; readonly resetInterfaces: boolean },
): NodeInterfaces | undefined {
  const asked = wantedInterfaces(changed);
  const newDriver = fields.driver !== undefined && fields.driver !== node.driver;
  const newGroup = fields.conductorGroup !== undefined && fields.conductorGroup !== node.conductorGroup;
  if (!newDriver && !newGroup && Object.keys(asked).length === 0) return undefined;

  const driver = offeredDriver(catalogue, fields.driver ?? node.driver, fields.conductorGroup ?? node.conductorGroup);
  if (!newDriver && Object.keys(asked).length === 0) return undefined;
  return chooseInterfaces(catalogue, driver, resetInterfaces ? asked : { ...node.interfaces, ...asked });
}

function checkChanges(
  node: Node,
  fields: Partial<NodeUserFields>,
  changed: Readonly<Record<string, unknown>>,
  interfaces: NodeInterfaces | undefined,
  minor: number,
): void {
  const { name, properties, driver } = fields;
  if (name !== undefined && name !== null && name !== node.name && !isNodeName(name, minor)) {
    throw invalid(`Node ${node.uuid}: Cannot change name to invalid name '${name}'`);
  }
  if (properties !== undefined) checkProperties(properties);
  if (driver !== undefined && driver !== node.driver && node.consoleEnabled) {
    throw conflict(`Node ${node.uuid} can not change its driver while its console is enabled. Stop the console first.`);
  }
  if (interfaces !== undefined) checkInterfaceChange(node, fields, interfaces, changed);
  checkResourceClass(node, fields);
  checkInstance(node, fields);
  checkProtection(node, fields);
  checkRetirement(node, fields);
  if (fields.parentNode === node.uuid)
    throw invalid('Unable to apply the requested parent_node: a node cannot be its own parent');
}

function checkInterfaceChange(
  node: Node,
  fields: Partial<NodeUserFields>,
  interfaces: NodeInterfaces,
  changed: Readonly<Record<string, unknown>>,
): void {
  const differing = interfaceKinds.filter((kind: InterfaceKind) => interfaces[kind] !== node.interfaces[kind]);
  const named = Object.keys(changed).filter((attribute) => isInterface.has(attribute));
  if (differing.length === 0) return;
  if (interfaceChangeStates.has(node.provisionState) || (fields.maintenance ?? node.maintenance)) return;
  const shown = named.length > 0 ? named : differing.map((kind) => `${kind}_interface`);
  throw conflict(
    `Node ${node.uuid} can not have ${shown.join(', ')} updated unless it is in one of allowed ` +
      `(${[...interfaceChangeStates].join(', ')}) states or in maintenance mode.`,
  );
}

function checkResourceClass(node: Node, { resourceClass }: Partial<NodeUserFields>): void {
  if (resourceClass === undefined || resourceClass === node.resourceClass || node.resourceClass === null) return;
  if (interfaceChangeStates.has(node.provisionState)) return;
  throw conflict(
    `Node ${node.uuid} can not have resource_class updated unless it is in one of allowed ` +
      `(${[...interfaceChangeStates].join(', ')}) states.`,
  );
}

function checkInstance(node: Node, { instanceUuid, maintenance }: Partial<NodeUserFields>): void {
  if (instanceUuid === undefined || node.instanceUuid === null || instanceUuid === node.instanceUuid) return;
  if (instanceUuid !== null) throw associated(node.uuid, node.instanceUuid);
  const free = interfaceChangeStates.has(node.provisionState) || (maintenance ?? node.maintenance);
  if (node.allocationUuid !== null && !free) {
    throw conflict(`Cannot remove instance_uuid of node ${node.uuid} while its allocation is in use.`);
  }
}

function checkProtection(node: Node, fields: Partial<NodeUserFields>): void {
  const { protected: wanted, protectedReason } = fields;
  if (
    wanted === true &&
    !node.protected &&
    node.provisionState !== provisionState.active &&
    node.provisionState !== provisionState.rescue
  ) {
    throw conflict(`Node "${node.uuid}" can not be protected while it is in state "${node.provisionState}".`);
  }
  if (protectedReason !== undefined && protectedReason !== null && !(wanted ?? node.protected)) {
    throw invalid('The protected_reason field can only be set when protected is True');
  }
}

function checkRetirement(node: Node, fields: Partial<NodeUserFields>): void {
  const { retired, retiredReason } = fields;
  if (retired === true && !node.retired && node.provisionState === provisionState.available) {
    throw conflict(`Node "${node.uuid}" can not be retired while it is in state "available". Manage it first.`);
  }
  if (retiredReason !== undefined && retiredReason !== null && !(retired ?? node.retired)) {
    throw invalid('The retired_reason field can only be set when retired is True');
  }
}

/** What follows from a change without being asked for. */
function consequences(node: Node, fields: Partial<NodeUserFields>): NodePatch {
  return {
    ...(fields.maintenance === false ? { maintenanceReason: null, fault: null } : {}),
    ...(fields.instanceUuid === null && node.allocationUuid !== null ? { allocationUuid: null } : {}),
    ...(fields.protected === false ? { protectedReason: null } : {}),
    ...(fields.retired === false ? { retiredReason: null } : {}),
    ...(fields.instanceInfo !== undefined && (fields.instanceName ?? node.instanceName) === null
      ? { instanceName: displayName(fields.instanceInfo) }
      : {}),
  };
}

const displayName = (info: JsonObject): string | null => {
  const name = info['display_name'];
  return typeof name === 'string' && name !== '' ? name : null;
};
