import { canonicalUuid, type NodeUuid } from '@metal3/node';
import type { BootEntry, BootEntryFields, BootEntryRepository } from '../contract/work.ts';
import { integer, text, type Row } from '../sql/database.ts';
import type { Core } from '../transact.ts';

const select =
  'SELECT n.uuid AS uuid, b.revision AS revision, b.entry AS entry FROM boot_entry b JOIN node n ON n.id = b.node_id';

export function bootEntryRepository({ database, secrets }: Core): BootEntryRepository {
  const fromRow = (row: Row): BootEntry => {
    const nodeUuid = text(row['uuid']) as NodeUuid;
    const fields = JSON.parse(secrets.openText(text(row['entry']), nodeUuid)) as BootEntryFields;
    return { ...fields, nodeUuid, revision: integer(row['revision']) };
  };
  return {
    async list() {
      return (await database.read.all(`${select} ORDER BY b.node_id`)).map(fromRow);
    },
    async find(nodeUuid) {
      const row = await database.read.get(`${select} WHERE n.uuid = ?`, canonicalUuid(nodeUuid));
      return row === undefined ? undefined : fromRow(row);
    },
  };
}
