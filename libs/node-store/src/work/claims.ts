import { randomUUID } from 'node:crypto';
import { canonicalUuid, type NodeUuid } from '@metal3/node';
import type { WorkRepository } from '../contract/work.ts';
import { holdNode } from '../nodes/change.ts';
import { notFound } from '../nodes/read.ts';
import { integer, text } from '../sql/database.ts';
import { transact, type Core, type Unit } from '../transact.ts';
import { cached, readClaim, type ReadClaim } from './claim.ts';
import { isLeased, readWork, writeWork, type WorkRow } from './row.ts';

const marks = (values: readonly unknown[]) => values.map(() => '?').join(', ');

/** Finding due work, and taking the lease on it. */
export function claims(core: Core): Pick<WorkRepository, 'claimDue' | 'claimNode' | 'due' | 'nextDueIn'> {
  const { database } = core;

  const due = async (groups: readonly string[], limit: number): Promise<readonly NodeUuid[]> => {
    if (groups.length === 0) return [];
    const rows = await database.read.all(
      'SELECT n.uuid AS uuid FROM node_work w JOIN node n ON n.id = w.node_id ' +
        `WHERE w.due_at <= ? AND w.conductor_group IN (${marks(groups)}) ORDER BY w.due_at, w.node_id LIMIT ?`,
      await database.now(),
      ...groups,
      limit,
    );
    return rows.map((row) => text(row['uuid']) as NodeUuid);
  };

  const looksDue = async (nodeUuid: string): Promise<boolean> => {
    const row = await database.read.get(
      'SELECT w.due_at AS due FROM node_work w JOIN node n ON n.id = w.node_id WHERE n.uuid = ?',
      canonicalUuid(nodeUuid),
    );
    if (row === undefined) throw notFound(nodeUuid);
    const due = row['due'];
    return typeof due === 'number' && due <= (await database.now());
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

  return {
    async claimDue({ owner, groups, limit, leaseMs }) {
      // A look without a lock first: most sweeps find nothing.
      if ((await due(groups, 1)).length === 0) return [];
      const taken = await transact(core, async (unit) => {
        const claimed: ReadClaim[] = [];
        for (const id of await pickDue(unit, groups, limit)) {
          const work = await readWork(unit.sql, id);
          if (work !== undefined) claimed.push(await take(unit, work, owner, leaseMs));
        }
        return claimed;
      });
      return taken.map((claim) => cached(core, claim));
    },

    async claimNode(nodeUuid, { owner, leaseMs, onlyIfDue = false }) {
      // Many hints come for nodes that somebody has looked at already: they cost no write transaction.
      if (onlyIfDue && !(await looksDue(nodeUuid))) return undefined;
      const claim = await transact(core, async (unit) => {
        const { work } = await holdNode(core, unit, nodeUuid);
        if (isLeased(work, unit.now)) return undefined;
        if (onlyIfDue && !(await isDue(unit, work.nodeId))) return undefined;
        return take(unit, work, owner, leaseMs);
      });
      return claim === undefined ? undefined : cached(core, claim);
    },

    due: ({ groups, limit }) => due(groups, limit),

    async nextDueIn(groups) {
      if (groups.length === 0) return undefined;
      const row = await database.read.get(
        `SELECT min(due_at) AS due FROM node_work WHERE due_at IS NOT NULL AND conductor_group IN (${marks(groups)})`,
        ...groups,
      );
      const at = row?.['due'];
      return typeof at === 'number' ? Math.max(0, at - (await database.now())) : undefined;
    },
  };
}

async function take(unit: Unit, work: WorkRow, owner: string, leaseMs: number): Promise<ReadClaim> {
  const leased = { ...work, leaseOwner: owner, leaseToken: randomUUID(), leaseExpires: unit.now + leaseMs };
  await writeWork(unit.sql, leased, unit.now);
  return readClaim(unit, work.nodeId, leaseMs, work.leaseToken !== null);
}

async function isDue({ sql, now }: Unit, nodeId: number): Promise<boolean> {
  return (await sql.get('SELECT node_id FROM node_work WHERE node_id = ? AND due_at <= ?', nodeId, now)) !== undefined;
}
