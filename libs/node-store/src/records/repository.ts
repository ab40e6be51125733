import { randomUUID } from 'node:crypto';
import { canonicalUuid, isUuidLike, type JsonObject, type NodeUuid } from '@metal3/node';
import { NodeStoreError } from '../contract/errors.ts';
import type { NewRecord, RecordKind, RecordPatch, RecordRepository, UserRecord } from '../contract/records.ts';
import {
  integer,
  optionalInteger,
  optionalText,
  text,
  type Row,
  type SqlSession,
  type SqlValue,
} from '../sql/database.ts';
import { brokenUniqueRule } from '../sql/unique.ts';
import { transact, type Core, type Unit } from '../transact.ts';

const select = 'SELECT r.*, n.uuid AS node_uuid FROM record r LEFT JOIN node n ON n.id = r.node_id WHERE r.kind = ?';

export function recordRepository(core: Core): RecordRepository {
  const { database } = core;
  return {
    create: (kind, fields) =>
      transact(core, async (unit) => {
        const uuid = fields.uuid === undefined ? randomUUID() : canonicalUuid(fields.uuid);
        await insert(unit, kind, uuid, fields);
        return get(unit.sql, kind, uuid);
      }),

    find: (kind, ident) => find(database.read, kind, ident),

    async list(kind, { nodeUuid } = {}) {
      const rows =
        nodeUuid === undefined
          ? await database.read.all(`${select} ORDER BY r.id`, kind)
          : await database.read.all(`${select} AND n.uuid = ? ORDER BY r.id`, kind, canonicalUuid(nodeUuid));
      return rows.map(fromRow);
    },

    change: (kind, ident, decide) =>
      transact(core, async (unit) => {
        const { id, uuid } = await get(unit.sql, kind, ident);
        if (database.dialect === 'postgres') await unit.sql.get('SELECT id FROM record WHERE id = ? FOR UPDATE', id);
        // Read again, now that nobody else can write it.
        const record = await get(unit.sql, kind, uuid);
        const patch = decide(record);
        if (patch === undefined) return record;
        await update(unit, kind, record, patch);
        return get(unit.sql, kind, record.uuid);
      }),

    delete: (kind, ident) =>
      transact(core, async ({ sql }) => {
        const { id } = await get(sql, kind, ident);
        await sql.run('DELETE FROM record WHERE id = ?', id);
      }),
  };
}

async function find(session: SqlSession, kind: RecordKind, ident: string): Promise<UserRecord | undefined> {
  const row = isUuidLike(ident)
    ? await session.get(`${select} AND r.uuid = ?`, kind, canonicalUuid(ident))
    : await session.get(`${select} AND r.name = ?`, kind, ident);
  return row === undefined ? undefined : fromRow(row);
}

async function get(session: SqlSession, kind: RecordKind, ident: string): Promise<UserRecord> {
  const record = await find(session, kind, ident);
  if (record === undefined) throw new NodeStoreError('RECORD-NOT-FOUND', `There is no ${kind} ${ident}.`, { ident });
  return record;
}

async function insert({ sql, now }: Unit, kind: RecordKind, uuid: string, fields: NewRecord): Promise<void> {
  const { name = null, address = null, nodeUuid, body } = fields;
  await unlessDuplicate(kind, { uuid, name, address }, async () => {
    await sql.run(
      'INSERT INTO record (kind, uuid, name, address, node_id, body, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)',
      kind,
      uuid,
      name,
      address,
      nodeUuid === undefined ? null : await nodeId(sql, nodeUuid),
      JSON.stringify(body),
      now,
    );
  });
}

async function update({ sql, now }: Unit, kind: RecordKind, record: UserRecord, patch: RecordPatch): Promise<void> {
  const { name, address, body } = { ...record, ...patch };
  await unlessDuplicate(kind, { uuid: record.uuid, name, address }, async () => {
    await sql.run(
      'UPDATE record SET name = ?, address = ?, body = ?, updated_at = ? WHERE id = ?',
      name,
      address,
      JSON.stringify(body),
      now,
      record.id,
    );
  });
}

async function nodeId(sql: SqlSession, uuid: string): Promise<SqlValue> {
  const row = await sql.get('SELECT id FROM node WHERE uuid = ?', canonicalUuid(uuid));
  if (row === undefined) throw new NodeStoreError('NODE-NOT-FOUND', `There is no node ${uuid}.`, { ident: uuid });
  return integer(row['id']);
}

async function unlessDuplicate(
  kind: RecordKind,
  values: { readonly uuid: string; readonly name: string | null; readonly address: string | null },
  write: () => Promise<void>,
): Promise<void> {
  try {
    await write();
  } catch (error) {
    const broken = brokenUniqueRule(error);
    if (broken?.table !== 'record') throw error;
    const field = broken.column as keyof typeof values;
    const value = values[field] ?? '';
    throw new NodeStoreError(
      'RECORD-DUPLICATE',
      `There is a ${kind} with ${field} ${value} already.`,
      { field, value },
      error,
    );
  }
}

function fromRow(row: Row): UserRecord {
  return {
    id: integer(row['id']),
    uuid: text(row['uuid']),
    name: optionalText(row['name']),
    address: optionalText(row['address']),
    nodeUuid: optionalText(row['node_uuid']) as NodeUuid | null,
    body: JSON.parse(text(row['body'])) as JsonObject,
    createdAt: integer(row['created_at']),
    updatedAt: optionalInteger(row['updated_at']),
  };
}
