import { sql, type ExpressionBuilder, type SelectQueryBuilder } from 'kysely';
import type { Node } from '@metal3/node';
import { NodeStoreError } from '../contract/errors.ts';
import type { ListOptions, NodeFilter, NodeSortKey, Page } from '../contract/nodes.ts';
import { builder } from '../sql/builder.ts';
import type { Row, SqlValue } from '../sql/database.ts';
import { containing } from '../sql/containing.ts';
import { pageAfter, sorted } from '../sql/paging.ts';
import type { NodeAgentTable, NodeTable, NodeWorkTable, Tables } from '../sql/schema.ts';
import type { Core } from '../transact.ts';
import { completeNodes } from './read.ts';
import { nodeColumns } from './row.ts';

type Joined = Tables & { n: NodeTable; a: NodeAgentTable; w: NodeWorkTable };
type Query = SelectQueryBuilder<Joined, 'n' | 'a' | 'w', { id: number; stamp: number }>;

const plainSortColumns: { readonly [key in NodeSortKey]?: string } = {
  id: 'id',
  uuid: 'uuid',
  createdAt: 'created_at',
  updatedAt: 'updated_at',
};

function sortColumn(key: NodeSortKey): string {
  const written = (nodeColumns as { readonly [field: string]: readonly [string, unknown] | undefined })[key];
  return plainSortColumns[key] ?? written?.[0] ?? 'id';
}

/** Lists nodes: one query for ids and stamps, one for the nodes that are not cached. @throws MARKER-NOT-FOUND */
export async function listNodes(core: Core, options: ListOptions<NodeSortKey, NodeFilter>): Promise<Page<Node>> {
  const { database } = core;
  const db = builder(database.dialect);
  const key = options.sortKey ?? 'id';
  const dir = options.sortDir ?? 'asc';
  const column = sortColumn(key);

  let query = db
    .selectFrom('node as n')
    .innerJoin('node_agent as a', 'a.node_id', 'n.id')
    .innerJoin('node_work as w', 'w.node_id', 'n.id')
    .select(['n.id as id', sql<number>`n.revision + a.touch + w.touch`.as('stamp')]) as unknown as Query;
  query = filtered(query, options.filter ?? {});
  if (options.marker !== undefined) {
    const marker = await findMarker(core, column, options.marker);
    query = query.where(pageAfter('n', column, dir, marker));
  }
  query = query.orderBy(sorted('n', column, dir));
  if (options.limit !== undefined) query = query.limit(options.limit + 1);

  const compiled = query.compile();
  const rows = await database.read.all(compiled.sql, ...(compiled.parameters as readonly SqlValue[]));
  const more = options.limit !== undefined && rows.length > options.limit;
  const items = await completeNodes(core, more ? rows.slice(0, options.limit) : rows);
  return { items, next: more ? items.at(-1)?.uuid : undefined };
}

async function findMarker({ database }: Core, column: string, uuid: string): Promise<Row> {
  const row = await database.read.get(`SELECT id, ${column} AS value FROM node WHERE uuid = ?`, uuid);
  if (row === undefined) {
    throw new NodeStoreError('MARKER-NOT-FOUND', `The marker ${uuid} is not a node.`, { ident: uuid });
  }
  return row;
}

function filtered(query: Query, filter: NodeFilter): Query {
  const equal = (column: keyof NodeTable & string, value: string | number | undefined) => {
    if (value !== undefined) query = query.where(`n.${column}` as 'n.uuid', '=', value as string);
  };
  const present = (column: 'instance_uuid' | 'shard', wanted: boolean | undefined) => {
    if (wanted !== undefined) query = query.where(`n.${column}`, wanted ? 'is not' : 'is', null);
  };
  const flag = (value: boolean | undefined) => (value === undefined ? undefined : Number(value));

  equal('instance_uuid', filter.instanceUuid);
  equal('instance_name', filter.instanceName);
  equal('maintenance', flag(filter.maintenance));
  equal('retired', flag(filter.retired));
  equal('driver', filter.driver);
  equal('resource_class', filter.resourceClass);
  equal('fault', filter.fault);
  equal('conductor_group', filter.conductorGroup);
  equal('owner', filter.owner);
  equal('lessee', filter.lessee);
  equal('chassis_uuid', filter.chassisUuid);
  present('instance_uuid', filter.associated);
  present('shard', filter.sharded);

  if (filter.provisionState !== undefined)
    query = query.where('n.provision_state', 'in', [filter.provisionState].flat());
  if (filter.uuids) query = query.where('n.uuid', 'in', filter.uuids.length > 0 ? filter.uuids : ['']);
  if (filter.shard) query = query.where('n.shard', 'in', filter.shard.length > 0 ? filter.shard : ['']);
  if (filter.reserved !== undefined) query = query.where('w.lease_owner', filter.reserved ? 'is not' : 'is', null);
  const { project, descriptionContains, parentNode } = filter;
  if (project !== undefined) {
    query = query.where((is: ExpressionBuilder<Joined, 'n' | 'a' | 'w'>) =>
      is.or([is('n.owner', '=', project), is('n.lessee', '=', project)]),
    );
  }
  if (descriptionContains !== undefined) {
    query = query.where(containing('n.description', descriptionContains));
  }
  if (parentNode !== undefined) query = query.where('n.parent_node', '=', parentNode);
  else if (filter.includeChildren !== true) query = query.where('n.parent_node', 'is', null);
  return query;
}
