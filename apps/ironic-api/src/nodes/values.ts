import {
  interfaceKinds,
  nodeUuid,
  type InterfaceKind,
  type JsonObject,
  type NodeInterfaces,
  type NodeUserFields,
} from '@metal3/node';
import { invalid } from '../faults.ts';
import { isUuid, parseBoolean } from '../http/query.ts';
import { checkNetworkData } from './network-data.ts';

/** Attributes as REST names them -> as the node keeps them. Interfaces are apart. */
export const storedName = {
  automated_clean: 'automatedClean',
  chassis_uuid: 'chassisUuid',
  conductor_group: 'conductorGroup',
  console_enabled: 'consoleEnabled',
  description: 'description',
  disable_power_off: 'disablePowerOff',
  driver: 'driver',
  driver_info: 'driverInfo',
  extra: 'extra',
  instance_info: 'instanceInfo',
  instance_name: 'instanceName',
  instance_uuid: 'instanceUuid',
  lessee: 'lessee',
  maintenance: 'maintenance',
  name: 'name',
  network_data: 'networkData',
  owner: 'owner',
  parent_node: 'parentNode',
  properties: 'properties',
  protected: 'protected',
  protected_reason: 'protectedReason',
  resource_class: 'resourceClass',
  retired: 'retired',
  retired_reason: 'retiredReason',
  shard: 'shard',
} as const satisfies Record<string, keyof NodeUserFields>;

type RestName = keyof typeof storedName;
const isRestName = (name: string): name is RestName => Object.hasOwn(storedName, name);

type Kind = 'flag' | 'optional-flag' | 'object' | 'group' | 'uuid' | 'text';

const kinds: Partial<Record<RestName, Kind>> = {
  automated_clean: 'optional-flag',
  chassis_uuid: 'uuid',
  conductor_group: 'group',
  console_enabled: 'flag',
  disable_power_off: 'flag',
  driver_info: 'object',
  extra: 'object',
  instance_info: 'object',
  instance_uuid: 'uuid',
  maintenance: 'flag',
  network_data: 'object',
  properties: 'object',
  protected: 'flag',
  retired: 'flag',
};

/**
 * The value an attribute is stored with: words become booleans, null becomes the default of its kind.
 *
 * @throws Fault (400) for a word that is no boolean and text that is no UUID
 */
export function storedValue(name: RestName, value: unknown): unknown {
  const given = value ?? null;
  switch (kinds[name] ?? 'text') {
    case 'flag':
      return given === null ? false : parseBoolean(name, given);
    case 'optional-flag':
      return given === null ? null : parseBoolean(name, given);
    case 'object':
      if (name === 'network_data') checkNetworkData(given);
      return given ?? {};
    case 'group':
      return given === null ? '' : conductorGroup(String(given));
    case 'uuid':
      if (given !== null && !isUuid(String(given))) throw invalid(`Expected UUID for ${name}: ${String(given)}`);
      return given;
    case 'text':
      return given;
  }
}

function conductorGroup(text: string): string {
  if (!/^[A-Za-z0-9_.-]{0,255}$/.test(text)) {
    throw invalid(`Invalid conductor group "${text}": use letters, digits, "_", "-" and "." only`);
  }
  return text.toLowerCase();
}

/** The stored form of a set of REST attributes; names that are not stored that way are left out. */
export function storedFields(attributes: Readonly<Record<string, unknown>>): Partial<NodeUserFields> {
  const entries = Object.entries(attributes).flatMap(([name, value]) =>
    isRestName(name) ? [[storedName[name], storedValue(name, value)] as const] : [],
  );
  return Object.fromEntries(entries) as Partial<NodeUserFields>;
}

/** The interfaces among a set of REST attributes. */
export function wantedInterfaces(attributes: Readonly<Record<string, unknown>>): Partial<NodeInterfaces> {
  const wanted: Partial<Record<InterfaceKind, string | null>> = {};
  for (const kind of interfaceKinds) {
    const value = attributes[`${kind}_interface`];
    if (value !== undefined) wanted[kind] = value === null ? null : String(value);
  }
  return wanted;
}

/** Sizes in `properties` must be numbers of something, though they may be written as text. */
export function checkProperties(properties: JsonObject): void {
  for (const name of ['cpus', 'local_gb', 'memory_mb']) {
    const value = properties[name];
    if (value === undefined || value === null) continue;
    if (!/^\d+$/.test(String(value))) {
      throw invalid(
        `The following properties for node have non-negative integer values expected: ${name}='${String(value)}'`,
      );
    }
  }
}

export const parsedNodeUuid = (name: string, value: unknown) => {
  if (typeof value !== 'string' || !isUuid(value)) throw invalid(`Expected UUID for ${name}: ${String(value)}`);
  return nodeUuid(value);
};
