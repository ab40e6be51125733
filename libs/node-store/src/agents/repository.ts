import { canonicalUuid } from '@metal3/node';
import type { AgentRepository } from '../contract/agents.ts';
import { holdNode, logNode } from '../nodes/change.ts';
import { nodeInUnit, notFound } from '../nodes/read.ts';
import { writeBlobs } from '../nodes/write.ts';
import { integer, optionalText, type SqlSession } from '../sql/database.ts';
import { transact, type Core } from '../transact.ts';
import { isLeased, woken, writeWork } from '../work/row.ts';
import { writeAgent } from './write.ts';

const tokenByUuid = 'SELECT a.token AS token FROM node_agent a JOIN node n ON n.id = a.node_id WHERE n.uuid = ?';

export function agentRepository(core: Core): AgentRepository {
  const tokenOf = async (sql: SqlSession, uuid: string): Promise<string | undefined> => {
    const sealed = optionalText((await sql.get(tokenByUuid, uuid))?.['token']);
    return sealed === null ? undefined : core.secrets.openText(sealed, uuid);
  };

  return {
    issueToken: (nodeUuid, token) =>
      transact(core, async ({ sql }) => {
        const uuid = canonicalUuid(nodeUuid);
        const row = await sql.get('SELECT id FROM node WHERE uuid = ?', uuid);
        if (row === undefined) throw notFound(nodeUuid);
        // Two agents, or one that asks twice at once: only the first update finds no token.
        const issued = await sql.run(
          'UPDATE node_agent SET token = ?, token_pregenerated = 0, touch = touch + 1 WHERE node_id = ? AND token IS NULL',
          core.secrets.sealText(token, uuid),
          integer(row['id']),
        );
        return issued === 1;
      }),

    token: (nodeUuid) => tokenOf(core.database.read, canonicalUuid(nodeUuid)),

    async record(nodeUuid, decide) {
      const after = await transact(core, async (unit) => {
        const { node, work } = await holdNode(core, unit, nodeUuid);
        const token = await tokenOf(unit.sql, node.uuid);
        const { agent, wake = false, deadlineAfterMs, inspectionData } = decide({ node, agent: node.agent, token });
        const visible = agent === undefined ? false : await writeAgent(core, unit, node, agent);
        if (inspectionData !== undefined) {
          await writeBlobs(core, unit, node, { 'inspection-data': inspectionData });
        }
        const leaseDirty = work.leaseDirty || (visible && isLeased(work, unit.now));
        if (wake || deadlineAfterMs !== undefined || leaseDirty !== work.leaseDirty) {
          const moved = deadlineAfterMs === undefined ? work : { ...work, deadline: unit.now + deadlineAfterMs };
          await writeWork(unit.sql, { ...(wake ? woken(moved) : moved), leaseDirty }, unit.now);
        }
        if (visible) logNode(unit, node);
        return nodeInUnit(unit.sql, node.id);
      });
      return core.cache.put(after.stamp, after.node);
    },
  };
}
