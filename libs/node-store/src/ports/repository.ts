import { randomUUID } from 'node:crypto';
import { canonicalUuid, isUuidLike, type Port } from '@metal3/node';
import { sql } from 'kysely';
import { NodeStoreError } from '../contract/errors.ts';
import type { NewPort, PortFilter, PortPatch, PortRepository, PortSortKey } from '../contract/ports.ts';
import type { ListOptions, Page } from '../contract/nodes.ts';
import { holdNode, logNode, refuseLeased, type Held } from '../nodes/change.ts';
import { builder } from '../sql/builder.ts';
import { containing } from '../sql/containing.ts';
import { integer, type SqlSession, type SqlValue } from '../sql/database.ts';
import { pageAfter, sorted } from '../sql/paging.ts';
import { brokenUniqueRule } from '../sql/unique.ts';
import { transact, type Core, type Unit } from '../transact.ts';
import { encodePortField, newPortDefaults, portColumns, portColumnsSql, portFields, portFromRow } from './row.ts';

const sortColumns: { readonly [key in PortSortKey]: string } = {
  id: 'id',
  uuid: 'uuid',
  address: 'address',
  name: 'name',
  nodeUuid: 'node_id',
  pxeEnabled: 'pxe_enabled',
  physicalNetwork: 'physical_network',
  createdAt: 'created_at',
  updatedAt: 'updated_at',
};

export function portRepository(core: Core): PortRepository {
  const { database } = core;

  const find = async (session: SqlSession, uuid: string): Promise<Port | undefined> => {
    if (!isUuidLike(uuid)) return undefined;
    const row = await session.get(`SELECT ${portColumnsSql} WHERE p.uuid = ?`, canonicalUuid(uuid));
    return row === undefined ? undefined : portFromRow(row);
  };
  const get = async (session: SqlSession, uuid: string): Promise<Port> => {
    const port = await find(session, uuid);
    if (port === undefined) throw portNotFound(uuid);
    return port;
  };

  return {
    create: (fields, origin = {}) =>
      transact(core, async (unit) => {
        const held = await holdNode(core, unit, fields.nodeUuid);
        const port = await insertPort(unit, held, fields);
        logNode(unit, held.node, origin.principal);
        return port;
      }),

    get: (uuid) => get(database.read, uuid),
    find: (uuid) => find(database.read, uuid),
    list: (options = {}) => listPorts(core, options),

    change: (uuid, decide, options = {}) =>
      transact(core, async (unit) => {
        const held = await holdNode(core, unit, (await get(unit.sql, uuid)).nodeUuid);
        if (options.whileLeased !== 'allow') refuseLeased(held.node, held.work, unit.now);
        // Read again: the node's lock protects its ports as well.
        const port = await get(unit.sql, uuid);
        const patch = decide(port);
        if (patch === undefined) return port;
        await updatePort(core, unit, port, patch);
        logNode(unit, held.node, options.principal);
        return get(unit.sql, uuid);
      }),

    delete: (uuid, options = {}) =>
      transact(core, async (unit) => {
        const port = await get(unit.sql, uuid);
        const held = await holdNode(core, unit, port.nodeUuid);
        if (options.whileLeased !== 'allow') refuseLeased(held.node, held.work, unit.now);
        await unit.sql.run('DELETE FROM port WHERE id = ?', port.id);
        logNode(unit, held.node, options.principal);
      }),
  };
}

async function insertPort(unit: Unit, { node }: Held, wanted: NewPort): Promise<Port> {
  const fields = { ...newPortDefaults, ...wanted };
  const columns = portFields.map((field) => portColumns[field][0]);
  const values = portFields.map((field) => encodePortField(field, fields[field]));
  const uuid = wanted.uuid ?? randomUUID();
  const text =
    `INSERT INTO port (uuid, node_id, revision, created_at, ${columns.join(', ')}) ` +
    `VALUES (?, ?, 1, ?${', ?'.repeat(columns.length)}) RETURNING id`;
  const row = await refusingDuplicates({ ...fields, uuid }, () =>
    unit.sql.get(text, uuid, node.id, unit.now, ...values),
  );
  const inserted = await unit.sql.get(`SELECT ${portColumnsSql} WHERE p.id = ?`, integer(row?.['id']));
  if (inserted === undefined) throw portNotFound(uuid);
  return portFromRow(inserted);
}

async function updatePort(core: Core, unit: Unit, port: Port, patch: PortPatch): Promise<void> {
  const assignments: string[] = [];
  const values: SqlValue[] = [];
  for (const field of portFields) {
    const value = patch[field];
    if (value === undefined) continue;
    assignments.push(`${portColumns[field][0]} = ?`);
    values.push(encodePortField(field, value));
  }
  if (patch.nodeUuid !== undefined && patch.nodeUuid !== port.nodeUuid) {
    assignments.push('node_id = ?');
    values.push((await holdNode(core, unit, patch.nodeUuid)).node.id);
  }
  if (assignments.length === 0) return;
  const text = `UPDATE port SET ${assignments.join(', ')}, revision = revision + 1, updated_at = ? WHERE id = ?`;
  await refusingDuplicates({ ...patch }, () => unit.sql.run(text, ...values, unit.now, port.id));
}

async function refusingDuplicates<Result>(
  fields: Readonly<Record<string, unknown>>,
  write: () => Promise<Result>,
): Promise<Result> {
  try {
    return await write();
  } catch (error) {
    const rule = brokenUniqueRule(error);
    if (rule?.table !== 'port') throw error;
    const value = String(fields[rule.column] ?? '');
    throw new NodeStoreError(
      'PORT-DUPLICATE',
      `Another port has ${rule.column} ${value}.`,
      { field: rule.column, value },
      error,
    );
  }
}

async function listPorts({ database }: Core, options: ListOptions<PortSortKey, PortFilter>): Promise<Page<Port>> {
  const column = sortColumns[options.sortKey ?? 'id'];
  const dir = options.sortDir ?? 'asc';
  const filter = options.filter ?? {};
  let query = builder(database.dialect)
    .selectFrom('port as p')
    .innerJoin('node as n', 'n.id', 'p.node_id')
    .selectAll('p')
    .select('n.uuid as node_uuid');
  if (filter.nodeUuid !== undefined) query = query.where('n.uuid', '=', canonicalUuid(filter.nodeUuid));
  if (filter.address !== undefined) query = query.where('p.address', '=', filter.address.toLowerCase());
  if (filter.name !== undefined) query = query.where('p.name', '=', filter.name);
  if (filter.portgroupUuid !== undefined) query = query.where('p.portgroup_uuid', '=', filter.portgroupUuid);
  if (filter.shard !== undefined) query = query.where('n.shard', 'in', [...filter.shard]);
  if (filter.physicalNetwork !== undefined) query = query.where('p.physical_network', '=', filter.physicalNetwork);
  if (filter.conductorGroups !== undefined) query = query.where('n.conductor_group', 'in', [...filter.conductorGroups]);
  if (filter.descriptionContains !== undefined)
    query = query.where(containing('p.description', filter.descriptionContains));
  if (options.marker !== undefined) {
    const marker = await database.read.get(`SELECT id, ${column} AS value FROM port WHERE uuid = ?`, options.marker);
    if (marker === undefined) {
      throw new NodeStoreError('MARKER-NOT-FOUND', `The marker ${options.marker} is not a port.`, {
        ident: options.marker,
      });
    }
    query = query.where(pageAfter('p', column, dir, marker));
  }
  query = query.orderBy(sql`${sorted('p', column, dir)}`);
  if (options.limit !== undefined) query = query.limit(options.limit + 1);
  const compiled = query.compile();
  const rows = await database.read.all(compiled.sql, ...(compiled.parameters as readonly SqlValue[]));
  const more = options.limit !== undefined && rows.length > options.limit;
  const items = (more ? rows.slice(0, options.limit) : rows).map(portFromRow);
  return { items, next: more ? items.at(-1)?.uuid : undefined };
}

function portNotFound(uuid: string): NodeStoreError {
  return new NodeStoreError('PORT-NOT-FOUND', `Port ${uuid} could not be found.`, { ident: uuid });
}
