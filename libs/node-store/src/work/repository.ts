import { randomUUID } from 'node:crypto';
import { canonicalUuid, type Node, type NodeUuid } from '@metal3/node';
import { NodeStoreError } from '../contract/errors.ts';
import type { Claim, Lease, LeasedChange, Release, Sleep, WorkRepository } from '../contract/work.ts';
import { holdNode, holdNodeById } from '../nodes/change.ts';
import { nodeInUnit, notFound } from '../nodes/read.ts';
import { integer, text } from '../sql/database.ts';
import { transact, type Core, type Unit } from '../transact.ts';
import { applyLeasedChange, type LeasedOutcome } from './leased-change.ts';
import { effectFromRow, isLeased, leaseOf, papers, readWork, unleased, woken, writeWork, type WorkRow } from './row.ts';

const marks = (values: readonly unknown[]) => values.map(() => '?').join(', ');

export function workRepository(core: Core): WorkRepository {
  const { database } = core;

  const due = async (groups: readonly string[], limit: number): Promise<readonly { id: number; uuid: NodeUuid }[]> => {
    if (groups.length === 0) return [];
    const rows = await database.read.all(
      'SELECT w.node_id AS id, n.uuid AS uuid FROM node_work w JOIN node n ON n.id = w.node_id ' +
        `WHERE w.due_at <= ? AND w.conductor_group IN (${marks(groups)}) ORDER BY w.due_at, w.node_id LIMIT ?`,
      await database.now(),
      ...groups,
      limit,
    );
    return rows.map((row) => ({ id: integer(row['id']), uuid: text(row['uuid']) as NodeUuid }));
  };

  /** Ids of nodes that are due and that no other transaction is claiming; on PostgreSQL their rows are locked. */
  const pickDue = async (unit: Unit, groups: readonly string[], limit: number): Promise<readonly number[]> => {
    const rows = await unit.sql.all(
      `SELECT node_id FROM node_work WHERE due_at <= ? AND conductor_group IN (${marks(groups)}) ORDER BY due_at, node_id LIMIT ?` +
        (database.dialect === 'postgres' ? ' FOR UPDATE SKIP LOCKED' : ''),
      unit.now,
      ...groups,
      limit,
    );
    return rows.map((row) => integer(row['node_id']));
  };

  /** Runs `body` on the node under the lease; refuses when the lease is not held any more. */
  const underLease = <Result>(lease: Lease, body: (unit: Unit, node: Node, work: WorkRow) => Promise<Result>) =>
    transact(core, async (unit) => {
      const held = await holdNodeById(core, unit, lease.nodeId, lease.nodeUuid).catch((error: unknown) => {
        if (error instanceof NodeStoreError && error.code === 'NODE-NOT-FOUND')
          throw lost(lease, 'the node was deleted');
        throw error;
      });
      if (held.work.leaseToken !== lease.token) throw lost(lease, 'somebody else has taken the node over');
      if (!isLeased(held.work, unit.now)) throw lost(lease, 'it was not renewed in time');
      return body(unit, held.node, held.work);
    });

  const claimOf = async (
    unit: Unit,
    id: number,
    durationMs: number,
    takenOver: boolean,
  ): Promise<Claim & { stamp: number }> => {
    const { node, stamp } = await nodeInUnit(unit.sql, id);
    const work = await readWork(unit.sql, id);
    if (work === undefined) throw notFound(node.uuid);
    return {
      lease: leaseOf(work, node.uuid, durationMs),
      node,
      work: await papers(unit.sql, work, unit.now),
      takenOver,
      stamp,
    };
  };

  const cached = ({ stamp, ...claim }: Claim & { stamp: number }): Claim => ({
    ...claim,
    node: core.cache.put(stamp, claim.node),
  });

  const take = async (unit: Unit, work: WorkRow, owner: string, leaseMs: number) => {
    const leased: WorkRow = {
      ...work,
      leaseOwner: owner,
      leaseToken: randomUUID(),
      leaseExpires: unit.now + leaseMs,
      leaseDirty: work.leaseDirty,
    };
    await writeWork(unit.sql, leased, unit.now);
    return claimOf(unit, work.nodeId, leaseMs, work.leaseToken !== null);
  };

  return {
    async wake(nodeUuid) {
      await transact(core, async (unit) => {
        const { work } = await holdNode(core, unit, nodeUuid);
        await writeWork(unit.sql, woken(work), unit.now);
      });
    },

    async claimDue({ owner, groups, limit, leaseMs }) {
      // A look without a lock first: most sweeps find nothing.
      if ((await due(groups, 1)).length === 0) return [];
      const claims = await transact(core, async (unit) => {
        const taken: (Claim & { stamp: number })[] = [];
        for (const id of await pickDue(unit, groups, limit)) {
          const work = await readWork(unit.sql, id);
          if (work !== undefined) taken.push(await take(unit, work, owner, leaseMs));
        }
        return taken;
      });
      return claims.map(cached);
    },

    async claimNode(nodeUuid, { owner, leaseMs, onlyIfDue = false }) {
      const claim = await transact(core, async (unit) => {
        const { work } = await holdNode(core, unit, nodeUuid);
        if (isLeased(work, unit.now)) return undefined;
        if (onlyIfDue && !(await isDue(unit, work.nodeId))) return undefined;
        return take(unit, work, owner, leaseMs);
      });
      return claim === undefined ? undefined : cached(claim);
    },

    async due({ groups, limit }) {
      return (await due(groups, limit)).map(({ uuid }) => uuid);
    },

    async nextDueIn(groups) {
      if (groups.length === 0) return undefined;
      const row = await database.read.get(
        `SELECT min(due_at) AS due FROM node_work WHERE due_at IS NOT NULL AND conductor_group IN (${marks(groups)})`,
        ...groups,
      );
      const at = row?.['due'];
      return typeof at === 'number' ? Math.max(0, at - (await database.now())) : undefined;
    },

    async find(nodeUuid) {
      const row = await database.read.get('SELECT id FROM node WHERE uuid = ?', canonicalUuid(nodeUuid));
      if (row === undefined) return undefined;
      const work = await readWork(database.read, integer(row['id']));
      return work === undefined ? undefined : papers(database.read, work, await database.now());
    },

    async renew(lease, leaseMs = lease.durationMs) {
      const expiresAt = await transact(core, async ({ sql, now }) => {
        const renewed = await sql.run(
          'UPDATE node_work SET lease_expires = ?, due_at = ? WHERE node_id = ? AND lease_token = ? AND lease_expires > ?',
          now + leaseMs,
          now + leaseMs,
          lease.nodeId,
          lease.token,
          now,
        );
        if (renewed === 0) throw lost(lease, 'it was not renewed in time');
        return now + leaseMs;
      });
      return { ...lease, expiresAt, durationMs: leaseMs };
    },

    async update(lease, change) {
      const claim = await underLease(lease, async (unit, node, before) => {
        const outcome = await applyLeasedChange(core, unit, node, before, change);
        const leaseDirty = before.leaseDirty || outcome.visible;
        await writeWork(unit.sql, { ...outcome.work, leaseDirty }, unit.now);
        if (outcome.visible) logLeased(unit, node, outcome, lease, change);
        return claimOf(unit, node.id, lease.durationMs, false);
      });
      return cached(claim);
    },

    async release(lease, seenWakeSeq, sleep = {}, change = {}): Promise<Release> {
      const end = await underLease(lease, async (unit, node, before) => {
        const outcome = await applyLeasedChange(core, unit, node, before, change);
        const goesOn = before.wakeSeq > seenWakeSeq;
        const next: WorkRow = goesOn
          ? {
              ...outcome.work,
              leaseDirty: before.leaseDirty || outcome.visible,
              leaseExpires: unit.now + lease.durationMs,
            }
          : { ...asleep(outcome.work, sleep, unit.now), doneSeq: before.wakeSeq, ...unleased };
        await writeWork(unit.sql, next, unit.now);
        // What was logged under the lease showed the reservation; its end has to show too.
        if (outcome.visible || (!goesOn && before.leaseDirty)) logLeased(unit, node, outcome, lease, change);
        return { released: !goesOn, claim: await claimOf(unit, node.id, lease.durationMs, false) };
      });
      const claim = cached(end.claim);
      return end.released ? { released: true, node: claim.node } : { released: false, claim };
    },

    async abandon(lease) {
      await transact(core, async ({ sql, now, log }) => {
        const row = await sql.get(
          'SELECT lease_dirty FROM node_work WHERE node_id = ? AND lease_token = ?',
          lease.nodeId,
          lease.token,
        );
        if (row === undefined) return;
        await sql.run(
          'UPDATE node_work SET lease_owner = NULL, lease_token = NULL, lease_expires = NULL, lease_dirty = 0, due_at = ?, ' +
            'wake_seq = wake_seq + 1, touch = touch + 1 WHERE node_id = ? AND lease_token = ?',
          now,
          lease.nodeId,
          lease.token,
        );
        if (row['lease_dirty'] === 1) {
          log({
            topic: 'node',
            kind: 'changed',
            nodeId: lease.nodeId,
            nodeUuid: lease.nodeUuid,
            revision: 0,
            conductor: lease.owner,
          });
        }
      });
    },

    async effects(nodeUuid, limit = 100) {
      const rows = await database.read.all(
        'SELECT e.* FROM node_effect e JOIN node n ON n.id = e.node_id WHERE n.uuid = ? ORDER BY e.intended_at DESC, e.id LIMIT ?',
        canonicalUuid(nodeUuid),
        limit,
      );
      return rows.map(effectFromRow);
    },
  };
}

async function isDue({ sql, now }: Unit, nodeId: number): Promise<boolean> {
  return (await sql.get('SELECT node_id FROM node_work WHERE node_id = ? AND due_at <= ?', nodeId, now)) !== undefined;
}

function asleep(
  work: WorkRow,
  { waitKind = null, wakeAfterMs = null, deadlineAfterMs = null }: Sleep,
  now: number,
): WorkRow {
  return {
    ...work,
    waitKind,
    wakeAt: wakeAfterMs === null ? null : now + wakeAfterMs,
    deadline: deadlineAfterMs === 'keep' ? work.deadline : deadlineAfterMs === null ? null : now + deadlineAfterMs,
  };
}

function logLeased(unit: Unit, node: Node, outcome: LeasedOutcome, lease: Lease, change: LeasedChange): void {
  const { fields, revision } = outcome;
  unit.log({
    topic: 'node',
    kind: 'changed',
    nodeId: node.id,
    nodeUuid: node.uuid,
    revision,
    provisionState: fields.provisionState ?? node.provisionState,
    targetProvisionState:
      fields.targetProvisionState === undefined ? node.targetProvisionState : fields.targetProvisionState,
    conductor: lease.owner,
    ...change.history,
  });
}

function lost(lease: Lease, why: string): NodeStoreError {
  return new NodeStoreError('LEASE-LOST', `The lease of ${lease.owner} on node ${lease.nodeUuid} is lost: ${why}.`, {
    ident: lease.nodeUuid,
  });
}
