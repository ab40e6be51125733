import { fieldsOnEvent, timesOnEntering, type Node, type NodeEvent, type ProvisionState } from '@metal3/node';
import { NodeStoreError } from '../contract/errors.ts';
import type { BlobChanges, NodePatch } from '../contract/nodes.ts';
import { brokenUniqueRule } from '../sql/unique.ts';
import type { SqlValue } from '../sql/database.ts';
import type { Core, Unit } from '../transact.ts';
import { encodeField, nodeColumns, writableFields, type WritableField, type WritableFields } from './row.ts';

/** The part of a change that concerns the node's own fields, whoever makes it. */
export interface FieldChange {
  readonly patch?: NodePatch;
  readonly event?: NodeEvent;
  readonly target?: ProvisionState;
  readonly traits?: readonly string[];
  readonly blobs?: BlobChanges;
}

/** What a change comes down to: fields and their new values, secrets sealed. */
export function fieldsOf({ secrets }: Core, node: Node, change: FieldChange, now: number): WritableFields {
  const patch = change.patch ?? {};
  const event = change.event === undefined ? {} : fieldsOnEvent(node, change.event, now, change.target);
  const times =
    patch.provisionState === undefined ? {} : timesOnEntering(node.provisionState, patch.provisionState, now);
  const configDrive = change.blobs?.['config-drive'];
  return {
    ...times,
    ...event,
    ...patch,
    ...(patch.driverInfo && { driverInfo: secrets.sealFields(patch.driverInfo, node.uuid, node.driverInfo) }),
    ...(patch.instanceInfo && { instanceInfo: secrets.sealFields(patch.instanceInfo, node.uuid, node.instanceInfo) }),
    ...(patch.conductorGroup !== undefined && { conductorGroup: patch.conductorGroup.toLowerCase() }),
    ...(change.traits && { traits: change.traits.toSorted() }),
    ...(configDrive !== undefined && { hasConfigDrive: configDrive !== null }),
  };
}

/** Writes the fields that differ; true when any did. @throws NODE-DUPLICATE */
export async function writeFields(unit: Unit, node: Node, fields: WritableFields): Promise<boolean> {
  const assignments: string[] = [];
  const values: SqlValue[] = [];
  for (const field of writableFields) {
    const value = fields[field];
    if (value === undefined || value === node[field]) continue;
    const encoded = encodeField(field, value);
    if (typeof value === 'object' && encoded === encodeField(field, node[field])) continue;
    assignments.push(`${nodeColumns[field][0]} = ?`);
    values.push(encoded);
  }
  if (assignments.length === 0) return false;
  const text = `UPDATE node SET ${assignments.join(', ')}, revision = revision + 1, updated_at = ? WHERE id = ?`;
  await refusingDuplicates(fields, () => unit.sql.run(text, ...values, unit.now, node.id));
  return true;
}

const fieldByColumn = new Map<string, WritableField>(writableFields.map((field) => [nodeColumns[field][0], field]));

/** Turns a broken unique rule of the node table into NODE-DUPLICATE. */
export async function refusingDuplicates<Result>(
  fields: WritableFields & { readonly uuid?: string },
  write: () => Promise<Result>,
): Promise<Result> {
  try {
    return await write();
  } catch (error) {
    const rule = brokenUniqueRule(error);
    if (rule?.table !== 'node') throw error;
    const field = rule.column === 'uuid' ? 'uuid' : (fieldByColumn.get(rule.column) ?? rule.column);
    const value = String((fields as Record<string, unknown>)[field] ?? '');
    throw new NodeStoreError('NODE-DUPLICATE', `Another node has ${field} ${value}.`, { field, value }, error);
  }
}

/** Writes and removes blobs of a node; config drives are sealed, since user data often holds credentials. */
export async function writeBlobs({ secrets }: Core, unit: Unit, node: Node, blobs: BlobChanges): Promise<void> {
  for (const [kind, content] of Object.entries(blobs)) {
    if (content === undefined) continue;
    await unit.sql.run('DELETE FROM node_blob WHERE node_id = ? AND kind = ?', node.id, kind);
    if (content === null) continue;
    const plain = typeof content === 'string' ? Buffer.from(content) : content;
    const stored = kind === 'config-drive' ? secrets.sealBytes(plain, node.uuid) : plain;
    await unit.sql.run('INSERT INTO node_blob (node_id, kind, content) VALUES (?, ?, ?)', node.id, kind, stored);
  }
}
