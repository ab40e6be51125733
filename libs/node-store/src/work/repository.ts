import { canonicalUuid } from '@metal3/node';
import type { WorkRepository } from '../contract/work.ts';
import { holdNode } from '../nodes/change.ts';
import { integer } from '../sql/database.ts';
import { transact, type Core } from '../transact.ts';
import { claims } from './claims.ts';
import { leases } from './leases.ts';
import { effectFromRow, papers, readWork, woken, writeWork } from './row.ts';

export function workRepository(core: Core): WorkRepository {
  const { database } = core;
  return {
    ...claims(core),
    ...leases(core),

    async wake(nodeUuid) {
      await transact(core, async (unit) => {
        const { work } = await holdNode(core, unit, nodeUuid);
        await writeWork(unit.sql, woken(work), unit.now);
      });
    },

    async find(nodeUuid) {
      const row = await database.read.get('SELECT id FROM node WHERE uuid = ?', canonicalUuid(nodeUuid));
      if (row === undefined) return undefined;
      const work = await readWork(database.read, integer(row['id']));
      return work === undefined ? undefined : papers(database.read, work, await database.now());
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
