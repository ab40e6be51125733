import type { Port } from '@metal3/node';
import type { Dependencies } from '../dependencies.ts';
import { conflict, nodeNotFound, notFound, invalid } from '../faults.ts';
import { isUuid } from '../http/query.ts';
import type { PatchOperation } from '../json-patch/operations.ts';
import { onceUnlocked } from '../nodes/locking.ts';
import { originOf, type Caller } from '../nodes/perform.ts';
import { checkPortPatchPaths, decidePortCreation, decidePortPatch } from './decide.ts';

/** The life of port records: shared by the REST and gRPC edges. */
export function portOperations({ store, clock, settings }: Dependencies) {
  /** By UUID, or by name where `named`. */
  async function get(ident: string, named = true): Promise<Port> {
    const port = isUuid(ident) ? await store.ports.find(ident) : named ? await byName(ident) : undefined;
    if (port === undefined) throw notFound(`Port ${ident} could not be found.`);
    return port;
  }

  async function byName(name: string): Promise<Port | undefined> {
    return (await store.ports.list({ filter: { name }, limit: 1 })).items[0];
  }

  return {
    get,

    async create(body: unknown, minor: number, caller: Caller): Promise<Port> {
      const { node: ident, fields } = decidePortCreation(body, minor);
      const node = await store.nodes.find(ident);
      // The node is an argument here, so its absence is the caller's mistake.
      if (node === undefined) throw invalid(nodeNotFound(ident).message);
      return store.ports.create({ ...fields, nodeUuid: node.uuid }, originOf(caller));
    },

    async patch(ident: string, patch: readonly PatchOperation[], minor: number, caller: Caller): Promise<Port> {
      checkPortPatchPaths(patch, minor);
      const port = await get(ident);
      const node = await store.nodes.get(port.nodeUuid);
      return onceUnlocked(clock, settings.lockWaitMs, () =>
        store.ports.change(port.uuid, (current) => decidePortPatch(current, node, patch, minor), originOf(caller)),
      );
    },

    async remove(ident: string, caller: Caller): Promise<void> {
      const port = await get(ident, false);
      const node = await store.nodes.get(port.nodeUuid);
      const attached = port.internalInfo['tenant_vif_port_id'];
      if (attached !== undefined && attached !== null && !node.maintenance) {
        throw conflict(
          `Cannot delete the port ${port.uuid} as node ${node.uuid} is not in maintenance and a VIF (${String(attached)}) is attached to it.`,
        );
      }
      await onceUnlocked(clock, settings.lockWaitMs, () => store.ports.delete(port.uuid, originOf(caller)));
    },
  };
}

export type PortOperations = ReturnType<typeof portOperations>;
