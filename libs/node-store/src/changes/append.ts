import { randomUUID } from 'node:crypto';
import { integer, type SqlSession } from '../sql/database.ts';

export type Topic = 'node' | 'boot';

/** A row of the log before it has its place. */
export interface ChangeRow {
  readonly topic: Topic;
  readonly kind: 'created' | 'changed' | 'deleted';
  readonly nodeId: number;
  readonly nodeUuid: string;
  readonly revision: number;
  readonly provisionState?: string | null;
  readonly targetProvisionState?: string | null;
  readonly principal?: string | null;
  readonly conductor?: string | null;
  readonly event?: string | null;
  readonly eventType?: string | null;
  readonly severity?: string | null;
}

const insert =
  'INSERT INTO node_change (seq, uuid, topic, kind, node_id, node_uuid, revision, at, provision_state, target_provision_state, ' +
  'principal, conductor, event, event_type, severity) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)';

/** History of Ironic's kind is cut to this many bytes. */
const eventLimit = 65_535;

/**
 * Appends rows with consecutive sequence numbers. The counter is a row and not a database sequence: its lock is held until commit, so a lower
 * number can never become visible after a higher one.
 */
export async function appendChanges(sql: SqlSession, at: number, rows: readonly ChangeRow[]): Promise<void> {
  if (rows.length === 0) return;
  const counter = await sql.get('UPDATE change_counter SET seq = seq + ? WHERE id = 1 RETURNING seq', rows.length);
  let seq = integer(counter?.['seq']) - rows.length;
  for (const row of rows) {
    seq += 1;
    await sql.run(
      insert,
      seq,
      randomUUID(),
      row.topic,
      row.kind,
      row.nodeId,
      row.nodeUuid,
      row.revision,
      at,
      row.provisionState ?? null,
      row.targetProvisionState ?? null,
      row.principal ?? null,
      row.conductor ?? null,
      row.event?.slice(0, eventLimit) ?? null,
      row.eventType ?? null,
      row.severity ?? null,
    );
  }
}
