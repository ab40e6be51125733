import { findMacAddress, interfaceChangeStates, portUuid, provisionState, type Node, type Port } from '@metal3/node';
import type { NewPort, PortPatch } from '@metal3/node-store';
import { conflict, invalid, notAcceptable } from '../faults.ts';
import { parseBoolean, parseMac, parseUuid } from '../http/query.ts';
import { freeForm, looseBoolean, schemaCheck, text } from '../http/schema.ts';
import { applyPatch } from '../json-patch/apply.ts';
import { rootOf, type PatchOperation } from '../json-patch/operations.ts';
import { portFieldSince } from './fields.ts';
import { localLink } from './local-link.ts';

const properties = {
  address: { type: 'string' },
  available_for_dynamic_portgroup: looseBoolean,
  category: text(80),
  description: text(255),
  extra: freeForm,
  is_smartnic: looseBoolean,
  local_link_connection: freeForm,
  name: text(),
  node_ident: { type: 'string' },
  node_uuid: { type: 'string' },
  physical_network: { type: ['string', 'null'], minLength: 1, maxLength: 64 },
  portgroup_uuid: text(),
  pxe_enabled: looseBoolean,
  uuid: text(),
  vendor: text(32),
};

const checkPort = schemaCheck('port', {
  type: 'object',
  properties,
  required: ['address'],
  additionalProperties: false,
  oneOf: [{ required: ['node_uuid'] }, { required: ['node_ident'] }],
});

/** A new port, its node still to be found. */
export interface PortToCreate {
  readonly node: string;
  readonly fields: Omit<NewPort, 'nodeUuid'>;
}

/** @throws Fault 400 for a body that cannot become a port, 406 for attributes newer than the version */
export function decidePortCreation(body: unknown, minor: number): PortToCreate {
  const given = (body ?? {}) as Readonly<Record<string, unknown>>;
  checkPort(given);
  for (const [name, value] of Object.entries(given)) {
    const since = name === 'node_ident' ? 94 : (portFieldSince(name) ?? 1);
    if (value !== null && since > minor) throw notAcceptable();
  }
  const { node_uuid: byUuid, node_ident: byIdent, uuid } = given;
  if (byUuid !== undefined) parseUuid('node_uuid', byUuid);
  const address = findMacAddress(parseMac('address', given['address']));
  if (address === undefined) throw invalid(`Expected valid MAC address for address: ${String(given['address'])}`);
  const rest = storedPort(given, minor);
  checkSmartNic(rest);
  return {
    node: String(byUuid ?? byIdent),
    fields: {
      ...rest,
      address,
      ...(uuid === undefined || uuid === null ? {} : { uuid: portUuid(parseUuid('uuid', uuid)) }),
    },
  };
}

const storedName = {
  available_for_dynamic_portgroup: 'availableForDynamicPortgroup',
  category: 'category',
  description: 'description',
  extra: 'extra',
  is_smartnic: 'isSmartnic',
  local_link_connection: 'localLinkConnection',
  name: 'name',
  physical_network: 'physicalNetwork',
  portgroup_uuid: 'portgroupUuid',
  pxe_enabled: 'pxeEnabled',
  vendor: 'vendor',
} as const satisfies Record<string, keyof PortPatch>;

const flagDefaults: Readonly<Record<string, boolean>> = {
  available_for_dynamic_portgroup: true,
  is_smartnic: false,
  pxe_enabled: true,
};

function storedPort(given: Readonly<Record<string, unknown>>, minor: number): PortPatch {
  const entries = Object.entries(storedName).flatMap(([name, stored]): ReadonlyArray<readonly [string, unknown]> => {
    const value = given[name];
    if (value === undefined) return [];
    if (name in flagDefaults) return [[stored, value === null ? flagDefaults[name] : parseBoolean(name, value)]];
    if (name === 'extra' || name === 'local_link_connection') return [[stored, value ?? {}]];
    return [[stored, value]];
  });
  const stored = Object.fromEntries(entries) as PortPatch;
  if (stored.portgroupUuid !== undefined && stored.portgroupUuid !== null)
    parseUuid('portgroup_uuid', stored.portgroupUuid);
  return stored.localLinkConnection === undefined
    ? stored
    : { ...stored, localLinkConnection: localLink(stored.localLinkConnection, minor) };
}

function checkSmartNic({ isSmartnic, localLinkConnection }: PortPatch): void {
  if (isSmartnic !== true) return;
  const link = localLinkConnection ?? {};
  if (link['hostname'] === undefined || link['port_id'] === undefined) {
    throw invalid('Smart NIC port must have port_id and hostname in local_link_connection');
  }
}

const patchable = new Set([...Object.keys(storedName), 'address', 'node_uuid']);
const connectivity = new Set(['portgroup_uuid', 'local_link_connection', 'pxe_enabled', 'physical_network']);

/** Checks of a port patch that depend on the request alone. @throws Fault 400 or 406 */
export function checkPortPatchPaths(patch: readonly PatchOperation[], minor: number): void {
  for (const operation of patch) {
    const root = rootOf(operation);
    if (!patchable.has(root)) {
      throw invalid(`Cannot patch /${root}. Only the following can be updated: ${[...patchable].sort().join(', ')}`);
    }
    if ((portFieldSince(root) ?? 1) > minor) throw notAcceptable();
    if (operation.op === 'remove' && (root === 'node_uuid' || root === 'address'))
      throw invalid(`Cannot remove /${root}`);
  }
}

/** What a patch makes of a port in the state its node is in. @throws Fault 400 or 409 */
export function decidePortPatch(
  port: Port,
  node: Node,
  patch: readonly PatchOperation[],
  minor: number,
): PortPatch | undefined {
  if (patch.length === 0) return undefined;
  const roots = new Set(patch.map(rootOf));
  checkNodeState(port, node, roots, minor);

  const before: Record<string, unknown> = { address: port.address, node_uuid: port.nodeUuid };
  for (const [name, stored] of Object.entries(storedName)) before[name] = port[stored];
  const after = applyPatch(
    before,
    patch.map((operation) =>
      operation.op === 'remove' && operation.path === `/${rootOf(operation)}`
        ? { op: 'replace' as const, path: operation.path, value: null }
        : operation,
    ),
  );
  checkPort(after);
  const changed = Object.fromEntries(Object.entries(after).filter(([name]) => roots.has(name)));
  const stored = storedPort(changed, minor);
  if (roots.has('node_uuid')) return { ...stored, nodeUuid: parseUuid('node_uuid', after['node_uuid']) };
  if (!roots.has('address')) return stored;
  const address = findMacAddress(parseMac('address', after['address']));
  return address === undefined ? stored : { ...stored, address };
}

function checkNodeState(port: Port, node: Node, roots: ReadonlySet<string>, minor: number): void {
  if (node.provisionState === provisionState.inspecting && minor >= 39) {
    throw conflict(
      `Cannot update port "${port.uuid}" on "${node.uuid}" while it is in state "${node.provisionState}".`,
    );
  }
  if (node.maintenance) return;
  const changesConnectivity = [...roots].some((root) => connectivity.has(root));
  const free = interfaceChangeStates.has(node.provisionState) && node.provisionState !== provisionState.available;
  if (changesConnectivity && !free) {
    throw conflict(
      `Port ${port.uuid} can not have any connectivity attributes (${[...connectivity].join(', ')}) updated unless node ` +
        `${node.uuid} is in a enroll, inspecting, inspect wait, manageable state or in maintenance mode.`,
    );
  }
  if (roots.has('address') && (node.instanceUuid !== null || node.provisionState === provisionState.active)) {
    throw conflict(
      `Cannot update the hardware address for port ${port.uuid} as node ${node.uuid} is active or associated with an instance`,
    );
  }
}
