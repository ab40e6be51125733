import { canonicalUuid } from '@metal3/node';
import type { BlobKind, BlobRepository } from '../contract/nodes.ts';
import { transact, type Core } from '../transact.ts';
import { holdNode } from './change.ts';
import { writeBlobs, writeFields } from './write.ts';

export function blobRepository(core: Core): BlobRepository {
  const put = async (nodeUuid: string, kind: BlobKind, content: Uint8Array | string | null) => {
    await transact(core, async (unit) => {
      const { node } = await holdNode(core, unit, nodeUuid);
      await writeBlobs(core, unit, node, { [kind]: content });
      if (kind === 'config-drive' && (await writeFields(unit, node, { hasConfigDrive: content !== null }))) {
        unit.log({ topic: 'node', kind: 'changed', nodeId: node.id, nodeUuid: node.uuid, revision: node.revision + 1 });
      }
    });
  };
  return {
    async get(nodeUuid, kind) {
      const uuid = canonicalUuid(nodeUuid);
      const row = await core.database.read.get(
        'SELECT b.content AS content FROM node_blob b JOIN node n ON n.id = b.node_id WHERE n.uuid = ? AND b.kind = ?',
        uuid,
        kind,
      );
      const content = row?.['content'];
      if (!(content instanceof Uint8Array)) return undefined;
      return kind === 'config-drive'
        ? core.secrets.openBytes(content, uuid)
        : Buffer.from(content.buffer, content.byteOffset, content.byteLength);
    },
    async has(nodeUuid, kind) {
      const row = await core.database.read.get(
        'SELECT b.kind AS kind FROM node_blob b JOIN node n ON n.id = b.node_id WHERE n.uuid = ? AND b.kind = ?',
        canonicalUuid(nodeUuid),
        kind,
      );
      return row !== undefined;
    },
    put,
    delete: (nodeUuid, kind) => put(nodeUuid, kind, null),
  };
}
