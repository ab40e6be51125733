import type { Node } from '@metal3/node';
import type { BootEntryFields } from '../contract/work.ts';
import { integer } from '../sql/database.ts';
import type { Core, Unit } from '../transact.ts';

/** Boot entries carry a network configuration and a capability: both are sealed with the row. */
export async function writeBootEntry(
  { secrets }: Core,
  unit: Unit,
  node: Node,
  entry: BootEntryFields | null,
): Promise<void> {
  const subject = { topic: 'boot', nodeId: node.id, nodeUuid: node.uuid } as const;
  if (entry === null) {
    const removed = await unit.sql.run('DELETE FROM boot_entry WHERE node_id = ?', node.id);
    if (removed > 0) unit.log({ ...subject, kind: 'deleted', revision: 0 });
    return;
  }
  const row = await unit.sql.get(
    'INSERT INTO boot_entry (node_id, revision, entry) VALUES (?, 1, ?) ' +
      'ON CONFLICT (node_id) DO UPDATE SET revision = boot_entry.revision + 1, entry = excluded.entry RETURNING revision',
    node.id,
    secrets.sealText(JSON.stringify(entry), node.uuid),
  );
  unit.log({ ...subject, kind: 'changed', revision: integer(row?.['revision']) });
}
