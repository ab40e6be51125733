import { isUuidLike, canonicalUuid, type Node } from '@metal3/node';
import { NodeStoreError } from '../contract/errors.ts';
import type { Core } from '../transact.ts';
import { integer, type Row, type SqlSession } from '../sql/database.ts';
import { nodeColumnsSql, nodeFromRow, nodeFromSql, stampSql } from './row.ts';

const stampBy = (column: string) => `SELECT n.id AS id, ${stampSql} ${nodeFromSql} WHERE n.${column} = ?`;
const stampByUuid = stampBy('uuid');
const stampByName = stampBy('name');
const stampByInstanceUuid = stampBy('instance_uuid');
const nodeById = `SELECT ${nodeColumnsSql} ${nodeFromSql} WHERE n.id = ?`;

export type Ident = 'uuid' | 'name' | 'instance_uuid';

/** Reads one committed node; the cached one when it is still the same. */
export async function findNode({ database, cache }: Core, column: Ident, value: string): Promise<Node | undefined> {
  const text = column === 'uuid' ? stampByUuid : column === 'name' ? stampByName : stampByInstanceUuid;
  const row = await database.read.get(text, value);
  if (row === undefined) return undefined;
  const id = integer(row['id']);
  const known = cache.find(id, integer(row['stamp']));
  if (known !== undefined) return known;
  const full = await database.read.get(nodeById, id);
  return full === undefined ? undefined : cache.put(integer(full['stamp']), nodeFromRow(full));
}

/** By UUID when it looks like one, else by name. */
export function findByIdent(core: Core, ident: string): Promise<Node | undefined> {
  return isUuidLike(ident) ? findNode(core, 'uuid', canonicalUuid(ident)) : findNode(core, 'name', ident);
}

/** Completes rows of (id, stamp) to nodes, in their order; a node deleted meanwhile is left out. */
export async function completeNodes({ database, cache }: Core, rows: readonly Row[]): Promise<readonly Node[]> {
  const nodes = rows.map((row) => cache.find(integer(row['id']), integer(row['stamp'])));
  const missing = rows.filter((_, index) => nodes[index] === undefined).map((row) => integer(row['id']));
  if (missing.length === 0) return nodes as readonly Node[];
  const byId = new Map<number, Node>();
  const several =
    database.dialect === 'sqlite'
      ? `SELECT ${nodeColumnsSql} ${nodeFromSql} WHERE n.id IN (SELECT value FROM json_each(?))`
      : `SELECT ${nodeColumnsSql} ${nodeFromSql} WHERE n.id IN (SELECT json_array_elements_text(?::json)::bigint)`;
  for (const row of await database.read.all(several, JSON.stringify(missing))) {
    byId.set(integer(row['id']), cache.put(integer(row['stamp']), nodeFromRow(row)));
  }
  return rows.flatMap((row, index) => nodes[index] ?? byId.get(integer(row['id'])) ?? []);
}

/** Reads one node inside a transaction, where nothing may be cached. */
export async function nodeInUnit(
  sql: SqlSession,
  id: number,
): Promise<{ readonly node: Node; readonly stamp: number }> {
  const row = await sql.get(nodeById, id);
  if (row === undefined) throw notFound(String(id));
  return { node: nodeFromRow(row), stamp: integer(row['stamp']) };
}

export function notFound(ident: string): NodeStoreError {
  return new NodeStoreError('NODE-NOT-FOUND', `Node ${ident} could not be found.`, { ident });
}
