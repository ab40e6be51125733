import type { JsonObject, MacAddress, Port, PortUserFields, PortUuid } from '@metal3/node';
import type { ListOptions, Origin, Page } from './nodes.ts';

export type NewPort = Pick<PortUserFields, 'address'> &
  Partial<PortUserFields> & { readonly uuid?: PortUuid; readonly nodeUuid: string; readonly internalInfo?: JsonObject };
export type PortPatch = Partial<PortUserFields> & { readonly internalInfo?: JsonObject; readonly nodeUuid?: string };

export interface PortFilter {
  readonly nodeUuid?: string;
  readonly address?: MacAddress | string;
  readonly name?: string;
  readonly portgroupUuid?: string;
  /** Shards of the nodes the ports belong to. */
  readonly shard?: readonly string[];
  readonly physicalNetwork?: string;
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
