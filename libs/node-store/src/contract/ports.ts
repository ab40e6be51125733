import type { JsonObject, MacAddress, Port, PortUserFields, PortUuid } from '@metal3/node';
import type { ListOptions, Origin, Page } from './nodes.ts';

export type NewPort = Pick<PortUserFields, 'address'> &
  Partial<PortUserFields> & { readonly uuid?: PortUuid; readonly nodeUuid: string; readonly internalInfo?: JsonObject };
export type PortPatch = Partial<PortUserFields> & { readonly internalInfo?: JsonObject; readonly nodeUuid?: string };

/** Changes of the ports of one node by the conductor that holds its lease. */
export interface LeasedPorts {
  /** An address (or name) that some port has already is left alone. */
  readonly create?: readonly Omit<NewPort, 'nodeUuid' | 'uuid'>[];
  /** Ports that are not the node's, or not there any more, are left alone. */
  readonly change?: readonly { readonly uuid: PortUuid; readonly patch: Omit<PortPatch, 'nodeUuid'> }[];
  readonly remove?: readonly PortUuid[];
}

export interface PortFilter {
  readonly nodeUuid?: string;
  readonly address?: MacAddress | string;
  readonly name?: string;
  readonly portgroupUuid?: string;
  /** Shards of the nodes the ports belong to. */
  readonly shard?: readonly string[];
  readonly physicalNetwork?: string;
  /** Part of the description, in any case. */
  readonly descriptionContains?: string;
  /** Conductor groups of the nodes the ports belong to, lower case; "" is the default group. */
  readonly conductorGroups?: readonly string[];
}
export const portSortKeys = [
  'id',
  'uuid',
  'address',
  'name',
  'nodeUuid',
  'pxeEnabled',
  'physicalNetwork',
  'createdAt',
  'updatedAt',
] as const;
export type PortSortKey = (typeof portSortKeys)[number];

export interface PortRepository {
  /** Works while the node is leased. A change of the node is logged. @throws NODE-NOT-FOUND, PORT-DUPLICATE (uuid, address, name) */
  create(fields: NewPort, origin?: Origin): Promise<Port>;
  /** @throws PORT-NOT-FOUND */
  get(uuid: string): Promise<Port>;
  find(uuid: string): Promise<Port | undefined>;
  list(options?: ListOptions<PortSortKey, PortFilter>): Promise<Page<Port>>;
  /** @throws PORT-NOT-FOUND, PORT-DUPLICATE, NODE-LOCKED (unless `whileLeased`) */
  change(
    uuid: string,
    decide: (port: Port) => PortPatch | undefined,
    options?: Origin & { readonly whileLeased?: 'refuse' | 'allow' },
  ): Promise<Port>;
  /** @throws PORT-NOT-FOUND, NODE-LOCKED (unless `whileLeased`) */
  delete(uuid: string, options?: Origin & { readonly whileLeased?: 'refuse' | 'allow' }): Promise<void>;
}
