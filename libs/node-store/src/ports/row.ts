import type { MacAddress, NodeUuid, Port, PortUuid } from '@metal3/node';
import { jsonObject } from '../nodes/row.ts';
import {
  fromTruth,
  integer,
  optionalInteger,
  optionalText,
  text,
  truth,
  type Row,
  type SqlValue,
} from '../sql/database.ts';

export const portColumnsSql = 'p.*, n.uuid AS node_uuid FROM port p JOIN node n ON n.id = p.node_id';

export function portFromRow(row: Row): Port {
  return {
    id: integer(row['id']),
    uuid: text(row['uuid']) as PortUuid,
    nodeUuid: text(row['node_uuid']) as NodeUuid,
    revision: integer(row['revision']),
    address: text(row['address']) as MacAddress,
    name: optionalText(row['name']),
    description: optionalText(row['description']),
    pxeEnabled: truth(row['pxe_enabled']),
    localLinkConnection: jsonObject(row['local_link_connection']),
    physicalNetwork: optionalText(row['physical_network']),
    portgroupUuid: optionalText(row['portgroup_uuid']),
    isSmartnic: truth(row['is_smartnic']),
    vendor: optionalText(row['vendor']),
    category: optionalText(row['category']),
    availableForDynamicPortgroup: truth(row['available_for_dynamic_portgroup']),
    extra: jsonObject(row['extra']),
    internalInfo: jsonObject(row['internal_info']),
    createdAt: integer(row['created_at']),
    updatedAt: optionalInteger(row['updated_at']),
  };
}

type PortFields = Omit<Port, 'id' | 'uuid' | 'nodeUuid' | 'revision' | 'createdAt' | 'updatedAt'>;

const plain = (value: SqlValue) => value;
const flag = (value: boolean) => fromTruth(value);
const json = (value: unknown) => JSON.stringify(value);

/** Column and encoding of what is written, in the order of columns in statements. */
export const portColumns = {
  address: ['address', plain],
  name: ['name', plain],
  description: ['description', plain],
  pxeEnabled: ['pxe_enabled', flag],
  localLinkConnection: ['local_link_connection', json],
  physicalNetwork: ['physical_network', plain],
  portgroupUuid: ['portgroup_uuid', plain],
  isSmartnic: ['is_smartnic', flag],
  vendor: ['vendor', plain],
  category: ['category', plain],
  availableForDynamicPortgroup: ['available_for_dynamic_portgroup', flag],
  extra: ['extra', json],
  internalInfo: ['internal_info', json],
} as const satisfies { readonly [field in keyof PortFields]: readonly [string, (value: never) => SqlValue] };

export type PortField = keyof typeof portColumns;
export const portFields = Object.keys(portColumns) as readonly PortField[];

export function encodePortField(field: PortField, value: unknown): SqlValue {
  return portColumns[field][1](value as never);
}

/** What a new port has where nothing is said. */
export const newPortDefaults = {
  name: null,
  description: null,
  pxeEnabled: true,
  localLinkConnection: {},
  physicalNetwork: null,
  portgroupUuid: null,
  isSmartnic: false,
  vendor: null,
  category: null,
  availableForDynamicPortgroup: true,
  extra: {},
  internalInfo: {},
} as const;
