import { canonicalUuid, isUuidLike, type Node } from '@metal3/node';
import { NodeStoreError } from '../contract/errors.ts';
import type { ChangeOptions, NodeChange } from '../contract/nodes.ts';
import { integer } from '../sql/database.ts';
import { transact, type Core, type Unit } from '../transact.ts';
import { isLeased, readWork, unleased, withWork, woken, writeWork, type WorkRow } from '../work/row.ts';
import { nodeInUnit, notFound } from './read.ts';
import { fieldsOf, writeBlobs, writeFields } from './write.ts';

/** How long a request id protects against being carried out twice. */
export const requestMemoryMs = 600_000;

export interface Held {
  readonly node: Node;
  readonly work: WorkRow;
}

/** Finds the node and keeps others from writing it until the transaction ends; every writer of a node comes through here. */
export async function holdNode(core: Core, unit: Unit, ident: string): Promise<Held> {
  const byUuid = isUuidLike(ident);
  const row = await unit.sql.get(
    `SELECT id FROM node WHERE ${byUuid ? 'uuid' : 'name'} = ?`,
    byUuid ? canonicalUuid(ident) : ident,
  );
  if (row === undefined) throw notFound(ident);
  return holdNodeById(core, unit, integer(row['id']), ident);
}

export async function holdNodeById({ database }: Core, unit: Unit, id: number, ident: string): Promise<Held> {
  // The row of the work is each node's mutex; the node is read in a statement of its own, so that it is seen as it is under the lock.
  if (database.dialect === 'postgres') {
    await unit.sql.get('SELECT node_id FROM node_work WHERE node_id = ? FOR UPDATE', id);
  }
  const work = await readWork(unit.sql, id);
  if (work === undefined) throw notFound(ident);
  return { node: (await nodeInUnit(unit.sql, id)).node, work };
}

/** Refuses while a conductor acts on the node. @throws NODE-LOCKED */
export function refuseLeased(node: Node, work: WorkRow, now: number): void {
  if (!isLeased(work, now)) return;
  const holder = work.leaseOwner ?? '';
  throw new NodeStoreError(
    'NODE-LOCKED',
    `Node ${node.uuid} is locked by host ${holder}, please retry after the current operation is completed.`,
    {
      ident: node.uuid,
      holder,
    },
  );
}

function refuseOtherRevision(node: Node, expected: number | undefined): void {
  if (expected === undefined || expected === node.revision) return;
  throw new NodeStoreError(
    'NODE-REVISION-CONFLICT',
    `Node ${node.uuid} has revision ${node.revision}, not ${expected}: somebody has changed it.`,
    { ident: node.uuid, expectedRevision: String(expected), revision: String(node.revision) },
  );
}

/** True when the request was seen within the last ten minutes; otherwise remembers it, as part of the transaction. */
async function seenBefore(unit: Unit, requestId: string | undefined): Promise<boolean> {
  if (requestId === undefined || requestId === '') return false;
  await unit.sql.run('DELETE FROM request_seen WHERE at < ?', unit.now - requestMemoryMs);
  const added = await unit.sql.run(
    'INSERT INTO request_seen (request_id, at) VALUES (?, ?) ON CONFLICT (request_id) DO NOTHING',
    requestId,
    unit.now,
  );
  return added === 0;
}

/** Every check before a write outside a lease; undefined when the request has been carried out already. */
export async function holdForChange(
  core: Core,
  unit: Unit,
  ident: string,
  options: ChangeOptions,
): Promise<Held & { readonly repeated: boolean }> {
  const held = await holdNode(core, unit, ident);
  if (await seenBefore(unit, options.requestId)) return { ...held, repeated: true };
  if (options.whileLeased !== 'allow') refuseLeased(held.node, held.work, unit.now);
  refuseOtherRevision(held.node, options.expectedRevision);
  // A lease that has run out must not come back to life after this write.
  if (held.work.leaseToken === null || isLeased(held.work, unit.now)) return { ...held, repeated: false };
  const work = { ...held.work, ...unleased, wakeSeq: held.work.wakeSeq + 1 };
  await writeWork(unit.sql, work, unit.now);
  if (held.work.leaseDirty) logNode(unit, held.node, options.principal);
  return { node: { ...held.node, reservation: null }, work, repeated: false };
}

/** A change of what is seen of the node besides its own fields: its reservation, its ports. */
export function logNode(unit: Unit, node: Node, principal: string | null = null): void {
  const { id: nodeId, uuid: nodeUuid, revision, provisionState, targetProvisionState } = node;
  unit.log({
    topic: 'node',
    kind: 'changed',
    nodeId,
    nodeUuid,
    revision,
    provisionState,
    targetProvisionState,
    principal,
  });
}

export async function changeNode(
  core: Core,
  ident: string,
  decide: (node: Node) => NodeChange | undefined,
  options: ChangeOptions,
): Promise<Node> {
  const after = await transact(core, async (unit) => {
    const { node, work, repeated } = await holdForChange(core, unit, ident, options);
    const change = repeated ? undefined : decide(node);
    if (change !== undefined) await applyChange(core, unit, { node, work }, change, options);
    return nodeInUnit(unit.sql, node.id);
  });
  return core.cache.put(after.stamp, after.node);
}

async function applyChange(
  core: Core,
  unit: Unit,
  { node, work }: Held,
  change: NodeChange,
  options: ChangeOptions,
): Promise<void> {
  const { power, request } = change;
  const patch =
    power === undefined ? change.patch : { lastError: null, targetPowerState: power.target, ...change.patch };
  const fields = fieldsOf(core, node, { ...change, ...(patch && { patch }) }, unit.now);
  const differs = await writeFields(unit, node, fields);
  if (change.blobs) await writeBlobs(core, unit, node, change.blobs);
  if (request) {
    await unit.sql.run(
      'INSERT INTO node_request (node_id, kind, args, requested_at) VALUES (?, ?, ?, ?)',
      node.id,
      request.kind,
      JSON.stringify(core.secrets.sealFields(request.args, node.uuid)),
      unit.now,
    );
  }
  const next = workAfter(core, unit, node, work, change, fields.conductorGroup, options.principal ?? null);
  const logged = differs || change.history !== undefined;
  // What is logged now shows the reservation of a conductor at work: its release has to log once more.
  const leaseDirty = logged && isLeased(work, unit.now) && !work.leaseDirty;
  if (next !== undefined || leaseDirty)
    await writeWork(unit.sql, { ...(next ?? work), ...(leaseDirty && { leaseDirty }) }, unit.now);
  if (logged) {
    unit.log({
      topic: 'node',
      kind: 'changed',
      nodeId: node.id,
      nodeUuid: node.uuid,
      revision: differs ? node.revision + 1 : node.revision,
      provisionState: fields.provisionState ?? node.provisionState,
      targetProvisionState:
        fields.targetProvisionState === undefined ? node.targetProvisionState : fields.targetProvisionState,
      principal: options.principal ?? null,
      ...change.history,
    });
  }
}

/** The node's work after a change from outside; undefined when it stays as it is. */
function workAfter(
  { secrets }: Core,
  unit: Unit,
  node: Node,
  before: WorkRow,
  change: NodeChange,
  group: string | undefined,
  principal: string | null,
): WorkRow | undefined {
  let work = before;
  if (group !== undefined && group !== work.conductorGroup) work = { ...work, conductorGroup: group };
  if (change.work) {
    const args = secrets.sealFields(change.work.args, node.uuid);
    const { kind, requestedBy, origin } = change.work;
    const begun = withWork(work, kind, args, requestedBy ?? principal);
    work = origin === undefined ? begun : { ...begun, context: { origin: { ...origin } } };
  }
  if (change.power) {
    const { target, timeoutSeconds } = change.power;
    work = { ...work, powerTarget: target, powerTimeout: timeoutSeconds ?? null, powerRequestedAt: unit.now };
  }
  const wakes =
    change.wake === true || change.work !== undefined || change.power !== undefined || change.request !== undefined;
  if (wakes) work = woken(work);
  return work === before ? undefined : work;
}
