import { randomUUID } from 'node:crypto';
import { noInterfaces, type Node, type NodeUuid, type ProvisionState } from '@metal3/node';
import type { NewNode, NodeRepository, Origin } from '../contract/nodes.ts';
import { integer, text, type SqlValue } from '../sql/database.ts';
import { transact, type Core } from '../transact.ts';
import { changeNode, holdForChange } from './change.ts';
import { listNodes } from './list.ts';
import { completeNodes, findByIdent, findNode, nodeInUnit, notFound } from './read.ts';
import { encodeField, nodeColumns, nodeFromSql, stampSql, writableFields, type WritableFields } from './row.ts';
import { refusingDuplicates } from './write.ts';

export function nodeRepository(core: Core): NodeRepository {
  const { database } = core;
  return {
    create: (fields, origin = {}) => createNode(core, fields, origin),
    find: (ident) => findByIdent(core, ident),
    async get(ident) {
      const node = await findByIdent(core, ident);
      if (node === undefined) throw notFound(ident);
      return node;
    },
    findByInstanceUuid: (instanceUuid) => findNode(core, 'instance_uuid', instanceUuid),
    async findByAddresses(addresses) {
      if (addresses.length === 0) return [];
      const marks = addresses.map(() => '?').join(', ');
      const owned = `n.id IN (SELECT node_id FROM port WHERE address IN (${marks}))`;
      const rows = await database.read.all(
        `SELECT n.id AS id, ${stampSql} ${nodeFromSql} WHERE ${owned} ORDER BY n.id`,
        ...addresses.map((address) => address.toLowerCase()),
      );
      return completeNodes(core, rows);
    },
    list: (options = {}) => listNodes(core, options),
    async countByState() {
      const rows = await database.read.all(
        'SELECT provision_state, count(*) AS nodes FROM node GROUP BY provision_state',
      );
      return new Map(rows.map((row) => [text(row['provision_state']) as ProvisionState, integer(row['nodes'])]));
    },
    change: (ident, decide, options = {}) => changeNode(core, ident, decide, options),
    async delete(ident, check, options = {}) {
      await transact(core, async (unit) => {
        const { node, repeated } = await holdForChange(core, unit, ident, options);
        if (repeated) return;
        check?.(node);
        const tombstone = {
          kind: 'deleted',
          nodeId: node.id,
          nodeUuid: node.uuid,
          revision: node.revision + 1,
          provisionState: node.provisionState,
          principal: options.principal ?? null,
        } as const;
        if (await unit.sql.get('SELECT node_id FROM boot_entry WHERE node_id = ?', node.id)) {
          unit.log({ topic: 'boot', ...tombstone });
        }
        unit.log({ topic: 'node', ...tombstone });
        await unit.sql.run('DELETE FROM node WHERE id = ?', node.id);
        core.cache.drop(node.id);
      });
    },
  };
}

/** Ironic's defaults of what a new node leaves out. */
const defaults = {
  name: null,
  driverInfo: {},
  instanceInfo: {},
  properties: {},
  extra: {},
  networkData: {},
  interfaces: noInterfaces,
  conductorGroup: '',
  maintenance: false,
  automatedClean: null,
  protected: false,
  retired: false,
  disablePowerOff: false,
  consoleEnabled: false,
  provisionState: 'enroll',
  raidConfig: {},
  targetRaidConfig: {},
  driverInternalInfo: {},
  traits: [],
  hasConfigDrive: false,
} as const satisfies WritableFields;

async function createNode(core: Core, wanted: NewNode, origin: Origin): Promise<Node> {
  const uuid = wanted.uuid ?? (randomUUID() as NodeUuid);
  const fields: WritableFields & { readonly uuid: NodeUuid } = {
    ...defaults,
    ...wanted,
    uuid,
    driverInfo: core.secrets.sealFields(wanted.driverInfo ?? {}, uuid),
    instanceInfo: core.secrets.sealFields(wanted.instanceInfo ?? {}, uuid),
    conductorGroup: (wanted.conductorGroup ?? '').toLowerCase(),
  };
  const given = writableFields.filter((field) => fields[field] !== undefined);
  const columns = given.map((field) => nodeColumns[field][0]);
  const values: SqlValue[] = given.map((field) => encodeField(field, fields[field]));
  const insert =
    `INSERT INTO node (uuid, revision, created_at, ${columns.join(', ')}) ` +
    `VALUES (?, 1, ?${', ?'.repeat(columns.length)}) RETURNING id`;

  const created = await transact(core, async (unit) => {
    const row = await refusingDuplicates(fields, () => unit.sql.get(insert, uuid, unit.now, ...values));
    const id = integer(row?.['id']);
    await unit.sql.run('INSERT INTO node_agent (node_id) VALUES (?)', id);
    await unit.sql.run(
      'INSERT INTO node_work (node_id, conductor_group) VALUES (?, ?)',
      id,
      fields.conductorGroup ?? '',
    );
    unit.log({
      topic: 'node',
      kind: 'created',
      nodeId: id,
      nodeUuid: uuid,
      revision: 1,
      provisionState: fields.provisionState ?? null,
      principal: origin.principal ?? null,
    });
    return nodeInUnit(unit.sql, id);
  });
  return core.cache.put(created.stamp, created.node);
}
