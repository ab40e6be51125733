import { randomUUID } from 'node:crypto';
import { canonicalUuid, type Node } from '@metal3/node';
import type { LeasedPorts } from '../contract/ports.ts';
import type { SqlValue } from '../sql/database.ts';
import type { Unit } from '../transact.ts';
import { encodePortField, newPortDefaults, portColumns, portFields } from './row.ts';

/** Writes the ports of a node in the transaction of whoever holds its lease. True when anything differs. */
export async function writeLeasedPorts(unit: Unit, node: Node, ports: LeasedPorts): Promise<boolean> {
  const { sql, now } = unit;
  let written = 0;
  for (const uuid of ports.remove ?? []) {
    written += await sql.run('DELETE FROM port WHERE uuid = ? AND node_id = ?', canonicalUuid(uuid), node.id);
  }
  for (const { uuid, patch } of ports.change ?? []) {
    const fields = portFields.filter((field) => patch[field] !== undefined);
    if (fields.length === 0) continue;
    const assignments = fields.map((field) => `${portColumns[field][0]} = ?`).join(', ');
    const values: readonly SqlValue[] = fields.map((field) => encodePortField(field, patch[field]));
    written += await sql.run(
      `UPDATE port SET ${assignments}, revision = revision + 1, updated_at = ? WHERE uuid = ? AND node_id = ?`,
      ...values,
      now,
      canonicalUuid(uuid),
      node.id,
    );
  }
  const columns = portFields.map((field) => portColumns[field][0]);
  const insert =
    `INSERT INTO port (uuid, node_id, revision, created_at, ${columns.join(', ')}) ` +
    `VALUES (?, ?, 1, ?${', ?'.repeat(columns.length)}) ON CONFLICT DO NOTHING`;
  for (const port of ports.create ?? []) {
    const fields = { ...newPortDefaults, ...port };
    const values = portFields.map((field) => encodePortField(field, fields[field]));
    written += await sql.run(insert, randomUUID(), node.id, now, ...values);
  }
  return written > 0;
}
