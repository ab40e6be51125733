import { canonicalUuid, type Node, type NodeUuid, type ProvisionState } from '@metal3/node';
import type { ChangeLog, TimelineEntry } from '../contract/changes.ts';
import type { BootEntry, BootEntryRepository } from '../contract/work.ts';
import { completeNodes, findNode } from '../nodes/read.ts';
import { nodeFromSql, stampSql } from '../nodes/row.ts';
import { integer, optionalText, text, type Row } from '../sql/database.ts';
import { transact, type Core } from '../transact.ts';
import { readPosition, type Feed } from './feed.ts';
import { formatToken } from './token.ts';
import { watch, type Watched } from './watch.ts';

const page = 500;
const day = 86_400_000;

export function changeLog(core: Core, feed: Feed, bootEntries: BootEntryRepository): ChangeLog {
  const { database, clock } = core;
  const nodes = watchedNodes(core);
  const boot: Watched<BootEntry> = {
    topic: 'boot',
    async *snapshot() {
      yield* await bootEntries.list();
    },
    uuidOf: (entry) => entry.nodeUuid,
    find: (uuid) => bootEntries.find(uuid),
  };

  const timeline = async (
    nodeUuid: string,
    condition: string,
    order: 'ASC' | 'DESC',
    before: number,
    limit: number,
  ) => {
    // By the node's key: a node deleted and made anew with the same UUID has a history of its own.
    const rows = await database.read.all(
      'SELECT c.* FROM node_change c JOIN node n ON n.id = c.node_id ' +
        `WHERE n.uuid = ? AND c.topic = 'node' AND ${condition} AND c.seq < ? ORDER BY c.seq ${order} LIMIT ?`,
      canonicalUuid(nodeUuid),
      before,
      limit,
    );
    return rows.map(timelineEntry);
  };

  return {
    watchNodes: (options = {}) => watch({ database, feed, clock }, nodes, options),
    watchBootEntries: (options = {}) => watch({ database, feed, clock }, boot, options),
    async head() {
      const { epoch, seq } = await readPosition(database);
      return { epoch, seq, token: formatToken(epoch, seq) };
    },
    trim: (olderThanMs, keepHistoryMs = 30 * day) =>
      transact(core, async ({ sql, now }) => {
        const row = await sql.get('SELECT max(seq) AS seq FROM node_change WHERE at < ?', now - olderThanMs);
        await sql.run('DELETE FROM node_effect WHERE settled_at < ?', now - olderThanMs);
        const seq = row?.['seq'];
        if (typeof seq !== 'number') return 0;
        const removed = await sql.run(
          'DELETE FROM node_change WHERE seq <= ? AND (event IS NULL OR at < ?)',
          seq,
          now - Math.max(olderThanMs, keepHistoryMs),
        );
        await sql.run('UPDATE change_counter SET trimmed_seq = ? WHERE id = 1 AND trimmed_seq < ?', seq, seq);
        return removed;
      }),
    timeline: (nodeUuid, { limit = 200, beforeSeq = Number.MAX_SAFE_INTEGER } = {}) =>
      timeline(nodeUuid, '1 = 1', 'DESC', beforeSeq, limit),
    history: (nodeUuid) => timeline(nodeUuid, 'c.event IS NOT NULL', 'ASC', Number.MAX_SAFE_INTEGER, 300),
  };
}

function watchedNodes(core: Core): Watched<Node> {
  const { database } = core;
  return {
    topic: 'node',
    async *snapshot() {
      let after = 0;
      for (;;) {
        const rows = await database.read.all(
          `SELECT n.id AS id, ${stampSql} ${nodeFromSql} WHERE n.id > ? ORDER BY n.id LIMIT ${page}`,
          after,
        );
        yield* await completeNodes(core, rows);
        const last = rows.at(-1);
        if (last === undefined || rows.length < page) return;
        after = integer(last['id']);
      }
    },
    uuidOf: (node) => node.uuid,
    find: (uuid) => findNode(core, 'uuid', uuid),
  };
}

function timelineEntry(row: Row): TimelineEntry {
  return {
    seq: integer(row['seq']),
    uuid: text(row['uuid']),
    nodeUuid: text(row['node_uuid']) as NodeUuid,
    at: integer(row['at']),
    kind: text(row['kind']) as TimelineEntry['kind'],
    revision: integer(row['revision']),
    provisionState: optionalText(row['provision_state']) as ProvisionState | null,
    targetProvisionState: optionalText(row['target_provision_state']) as ProvisionState | null,
    principal: optionalText(row['principal']),
    conductor: optionalText(row['conductor']),
    event: optionalText(row['event']),
    eventType: optionalText(row['event_type']),
    severity: optionalText(row['severity']),
  };
}
