import type { JsonObject, PowerTarget, WorkKind } from '@metal3/node';
import type { Effect, Lease, Work } from '../contract/work.ts';
import { integer, optionalInteger, optionalText, text, truth, type Row, type SqlSession } from '../sql/database.ts';
import { jsonObject } from '../nodes/row.ts';

/** A row of node_work, decided upon in memory while the transaction holds it. */
export interface WorkRow {
  readonly nodeId: number;
  readonly conductorGroup: string;
  readonly kind: WorkKind | null;
  readonly args: JsonObject;
  readonly requestedBy: string | null;
  readonly context: JsonObject;
  readonly powerTarget: PowerTarget | null;
  readonly powerTimeout: number | null;
  readonly powerRequestedAt: number | null;
  readonly wakeSeq: number;
  readonly doneSeq: number;
  readonly waitKind: string | null;
  readonly wakeAt: number | null;
  readonly deadline: number | null;
  readonly leaseOwner: string | null;
  readonly leaseToken: string | null;
  readonly leaseExpires: number | null;
  /** Something visible was logged while the lease was held, and with it a reservation that the release has to take back. */
  readonly leaseDirty: boolean;
}

export function workFromRow(row: Row): WorkRow {
  return {
    nodeId: integer(row['node_id']),
    conductorGroup: text(row['conductor_group']),
    kind: optionalText(row['kind']) as WorkKind | null,
    args: jsonObject(row['args']),
    requestedBy: optionalText(row['requested_by']),
    context: jsonObject(row['context']),
    powerTarget: optionalText(row['power_target']) as PowerTarget | null,
    powerTimeout: optionalInteger(row['power_timeout']),
    powerRequestedAt: optionalInteger(row['power_requested_at']),
    wakeSeq: integer(row['wake_seq']),
    doneSeq: integer(row['done_seq']),
    waitKind: optionalText(row['wait_kind']),
    wakeAt: optionalInteger(row['wake_at']),
    deadline: optionalInteger(row['deadline']),
    leaseOwner: optionalText(row['lease_owner']),
    leaseToken: optionalText(row['lease_token']),
    leaseExpires: optionalInteger(row['lease_expires']),
    leaseDirty: truth(row['lease_dirty']),
  };
}

export async function readWork(sql: SqlSession, nodeId: number): Promise<WorkRow | undefined> {
  const row = await sql.get('SELECT * FROM node_work WHERE node_id = ?', nodeId);
  return row === undefined ? undefined : workFromRow(row);
}

export function isLeased({ leaseToken, leaseExpires }: WorkRow, now: number): boolean {
  return leaseToken !== null && leaseExpires !== null && leaseExpires > now;
}

/**
 * From when on somebody may claim the node; null: not before something wakes it. A lease that runs out makes its node due, because its
 * holder may have stopped half-way.
 */
export function dueAt(work: WorkRow, now: number): number | null {
  if (work.leaseToken !== null) return work.leaseExpires;
  if (work.wakeSeq > work.doneSeq) return now;
  if (work.wakeAt === null) return work.deadline;
  return work.deadline === null ? work.wakeAt : Math.min(work.wakeAt, work.deadline);
}

const update =
  'UPDATE node_work SET conductor_group = ?, kind = ?, args = ?, requested_by = ?, context = ?, power_target = ?, power_timeout = ?, ' +
  'power_requested_at = ?, wake_seq = ?, done_seq = ?, wait_kind = ?, wake_at = ?, deadline = ?, due_at = ?, lease_owner = ?, ' +
  'lease_token = ?, lease_expires = ?, lease_dirty = ?, touch = touch + 1 WHERE node_id = ?';

export async function writeWork(sql: SqlSession, work: WorkRow, now: number): Promise<void> {
  await sql.run(
    update,
    work.conductorGroup,
    work.kind,
    JSON.stringify(work.args),
    work.requestedBy,
    JSON.stringify(work.context),
    work.powerTarget,
    work.powerTimeout,
    work.powerRequestedAt,
    work.wakeSeq,
    work.doneSeq,
    work.waitKind,
    work.wakeAt,
    work.deadline,
    dueAt(work, now),
    work.leaseOwner,
    work.leaseToken,
    work.leaseExpires,
    work.leaseDirty ? 1 : 0,
    work.nodeId,
  );
}

/** Begins or (kind null) ends work: what was left of the work before goes. */
export function withWork(work: WorkRow, kind: WorkKind | null, args: JsonObject, requestedBy: string | null): WorkRow {
  return { ...work, kind, args, requestedBy, context: {}, waitKind: null, wakeAt: null, deadline: null };
}

export function woken(work: WorkRow): WorkRow {
  return { ...work, wakeSeq: work.wakeSeq + 1 };
}

export const unleased = { leaseOwner: null, leaseToken: null, leaseExpires: null, leaseDirty: false } as const;

export function effectFromRow(row: Row): Effect {
  return {
    id: text(row['id']),
    kind: text(row['kind']),
    intent: jsonObject(row['intent']),
    outcome: row['outcome'] === null ? null : jsonObject(row['outcome']),
    intendedAt: integer(row['intended_at']),
    settledAt: optionalInteger(row['settled_at']),
  };
}

/** The working papers as a conductor gets them: the row, the inbox and the open effects. */
export async function papers(sql: SqlSession, work: WorkRow, now: number): Promise<Work> {
  const requests = await sql.all('SELECT * FROM node_request WHERE node_id = ? ORDER BY id', work.nodeId);
  const effects = await sql.all(
    'SELECT * FROM node_effect WHERE node_id = ? AND settled_at IS NULL ORDER BY intended_at, id',
    work.nodeId,
  );
  return {
    kind: work.kind,
    args: work.args,
    requestedBy: work.requestedBy,
    context: work.context,
    power:
      work.powerTarget === null
        ? null
        : { target: work.powerTarget, timeoutSeconds: work.powerTimeout, requestedAt: work.powerRequestedAt ?? now },
    requests: requests.map((row) => ({
      id: integer(row['id']),
      kind: text(row['kind']),
      args: jsonObject(row['args']),
      requestedAt: integer(row['requested_at']),
    })),
    wakeSeq: work.wakeSeq,
    doneSeq: work.doneSeq,
    waitKind: work.waitKind,
    wakeAt: work.wakeAt,
    deadline: work.deadline,
    now,
    openEffects: effects.map(effectFromRow),
  };
}

export function leaseOf(work: WorkRow, nodeUuid: Lease['nodeUuid'], durationMs: number): Lease {
  return {
    nodeId: work.nodeId,
    nodeUuid,
    owner: work.leaseOwner ?? '',
    token: work.leaseToken ?? '',
    expiresAt: work.leaseExpires ?? 0,
    durationMs,
  };
}
