import type { Node, NodeAgent } from '@metal3/node';
import type { AgentPatch } from '../contract/work.ts';
import type { SqlValue } from '../sql/database.ts';
import type { Core, Unit } from '../transact.ts';

const columns = {
  url: 'url',
  version: 'version',
  verifyCa: 'verify_ca',
  tokenPregenerated: 'token_pregenerated',
  status: 'status',
  statusMessage: 'status_message',
  lastHeartbeat: 'last_heartbeat',
} as const satisfies { readonly [field in keyof AgentPatch]?: string };
type Column = keyof typeof columns;

const nobody: NodeAgent = {
  url: null,
  version: null,
  verifyCa: null,
  tokenIssued: false,
  tokenPregenerated: false,
  status: null,
  statusMessage: null,
  lastHeartbeat: null,
};

/** Writes what differs; true when any of it is visible to watchers, which a bare `lastHeartbeat` and the token are not. */
export async function writeAgent({ secrets }: Core, unit: Unit, node: Node, patch: AgentPatch): Promise<boolean> {
  const known = node.agent ?? nobody;
  const assignments: string[] = [];
  const values: SqlValue[] = [];
  let visible = false;
  for (const field of Object.keys(columns) as Column[]) {
    const value = patch[field];
    if (value === undefined || value === known[field]) continue;
    assignments.push(`${columns[field]} = ?`);
    values.push(typeof value === 'boolean' ? Number(value) : value);
    visible ||= field !== 'lastHeartbeat' && field !== 'tokenPregenerated';
  }
  if (patch.token !== undefined) {
    assignments.push('token = ?');
    values.push(patch.token === null ? null : secrets.sealText(patch.token, node.uuid));
  }
  if (assignments.length === 0) return false;
  await unit.sql.run(
    `UPDATE node_agent SET ${assignments.join(', ')}, touch = touch + 1 WHERE node_id = ?`,
    ...values,
    node.id,
  );
  return visible;
}

const forget =
  'UPDATE node_agent SET url = NULL, version = NULL, verify_ca = NULL, token = NULL, token_pregenerated = 0, status = NULL, ' +
  'status_message = NULL, last_heartbeat = NULL, touch = touch + 1 WHERE node_id = ?';

/** Forgets everything about the agent, the token included. */
export async function forgetAgent(unit: Unit, node: Node): Promise<boolean> {
  if (node.agent === null) return false;
  await unit.sql.run(forget, node.id);
  return node.agent.url !== null;
}
