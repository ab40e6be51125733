import type { Json, JsonObject, Node } from '@metal3/node';
import { NodeStoreError } from '../contract/errors.ts';
import type { AgentPatch, LeasedChange } from '../contract/work.ts';
import { writeBootEntry } from '../boot/write.ts';
import { fieldsOf, writeBlobs, writeFields } from '../nodes/write.ts';
import type { WritableFields } from '../nodes/row.ts';
import { writeLeasedPorts } from '../ports/leased.ts';
import type { Core, Unit } from '../transact.ts';
import { forgetAgent, writeAgent } from '../agents/write.ts';
import { withWork, type WorkRow } from './row.ts';

export interface LeasedOutcome {
  readonly work: WorkRow;
  /** Something visible differs: it has to be logged. */
  readonly visible: boolean;
  readonly revision: number;
  readonly fields: WritableFields;
}

/** Writes everything a change under a lease says, except the row of the work itself, which the caller goes on with. */
export async function applyLeasedChange(
  core: Core,
  unit: Unit,
  node: Node,
  before: WorkRow,
  change: LeasedChange,
): Promise<LeasedOutcome> {
  const merged = change.internal === undefined ? undefined : mergedInternal(node, change);
  const fields: WritableFields = {
    ...fieldsOf(core, node, change, unit.now),
    ...(merged && { driverInternalInfo: merged }),
  };
  const differs = await writeFields(unit, node, fields);
  if (change.blobs) await writeBlobs(core, unit, node, change.blobs);
  const agentDiffers = await changeAgent(core, unit, node, change.agent);
  if (change.bootEntry !== undefined) await writeBootEntry(core, unit, node, change.bootEntry);
  const portsDiffer = change.ports !== undefined && (await writeLeasedPorts(unit, node, change.ports));
  await writeEffects(unit, node, change);
  for (const id of change.doneRequests ?? []) {
    await unit.sql.run('DELETE FROM node_request WHERE id = ? AND node_id = ?', id, node.id);
  }

  let work = before;
  if (change.work !== undefined) {
    const next = change.work;
    work = withWork(
      work,
      next?.kind ?? null,
      core.secrets.sealFields(next?.args ?? {}, node.uuid),
      next === null ? null : work.requestedBy,
    );
    const origin = before.context['origin'];
    if (next !== null && origin !== undefined) work = { ...work, context: { origin } };
  }
  if (change.context !== undefined) work = { ...work, context: change.context };
  if (change.power === null) work = { ...work, powerTarget: null, powerTimeout: null, powerRequestedAt: null };
  if (fields.conductorGroup !== undefined) work = { ...work, conductorGroup: fields.conductorGroup };
  const visible = differs || agentDiffers || portsDiffer || change.history !== undefined;
  return { work, visible, revision: node.revision + (differs ? 1 : 0), fields };
}

function mergedInternal(node: Node, change: LeasedChange): JsonObject {
  const base = change.patch?.driverInternalInfo ?? node.driverInternalInfo;
  const kept: [string, Json][] = Object.entries({ ...base, ...change.internal }).filter(([, value]) => value !== null);
  return Object.fromEntries(kept);
}

async function changeAgent(core: Core, unit: Unit, node: Node, patch: AgentPatch | null | undefined): Promise<boolean> {
  if (patch === undefined) return false;
  return patch === null ? forgetAgent(unit, node) : writeAgent(core, unit, node, patch);
}

async function writeEffects(unit: Unit, node: Node, { intend = [], settle = [] }: LeasedChange): Promise<void> {
  for (const { id, kind, intent } of intend) {
    await unit.sql.run(
      'INSERT INTO node_effect (id, node_id, kind, intent, intended_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING',
      id,
      node.id,
      kind,
      JSON.stringify(intent),
      unit.now,
    );
  }
  for (const { id, outcome } of settle) {
    const settled = await unit.sql.run(
      'UPDATE node_effect SET outcome = ?, settled_at = ? WHERE id = ? AND node_id = ?',
      JSON.stringify(outcome),
      unit.now,
      id,
      node.id,
    );
    if (settled === 0) {
      throw new NodeStoreError('EFFECT-NOT-FOUND', `Node ${node.uuid} has no effect ${id}.`, { ident: id });
    }
  }
}
