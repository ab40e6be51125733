import type { Port } from '@metal3/node';
import type { PortPatch } from '@metal3/node-store';
import type { Dependencies } from '../dependencies.ts';
import { conflict, nodeNotFound, notFound, invalid } from '../faults.ts';
import { isLogicalName, isUuid, parseUuid } from '../http/query.ts';
import type { PatchOperation } from '../json-patch/operations.ts';
import { onceUnlocked } from '../nodes/locking.ts';
import { originOf, type Caller } from '../nodes/perform.ts';
import { checkPortPatchPaths, decidePortCreation, decidePortPatch } from './decide.ts';
import { decideMembership } from './physical-network.ts';

/** The life of port records: shared by the REST and gRPC edges. */
export function portOperations({ store, clock, settings }: Dependencies) {
  /** By UUID, or by name where `named`. */
  async function get(ident: string, named = true): Promise<Port> {
    if (!named) parseUuid('port_uuid', ident);
    const port = isUuid(ident) ? await store.ports.find(ident) : await byName(ident);
    if (port === undefined) throw notFound(`Port ${ident} could not be found.`);
    return port;
  }

  async function byName(name: string): Promise<Port | undefined> {
    if (!isLogicalName(name)) throw invalid(`Expected UUID or name for port_ident: ${name}`);
    return (await store.ports.list({ filter: { name }, limit: 1 })).items[0];
  }

  /** @throws Fault (400): the group is an argument here, and one of another node is none */
  async function checkPortgroup(uuid: string | null | undefined, nodeUuid: string): Promise<void> {
    if (uuid === undefined || uuid === null) return;
    const group = await store.records.find('portgroup', uuid);
    if (group === undefined) throw invalid(`Portgroup ${uuid} could not be found.`);
    if (group.nodeUuid !== nodeUuid)
      throw invalid('Port can not be added to a portgroup belonging to a different node.');
  }

  /** Checks that a port may be in its group; answers how to write what that makes of the group. @throws Fault (409) */
  async function membership(
    port: Pick<PortPatch, 'portgroupUuid' | 'physicalNetwork'>,
    nodeUuid: string,
    own?: string,
  ): Promise<() => Promise<unknown>> {
    const uuid = port.portgroupUuid;
    const group = uuid === undefined || uuid === null ? undefined : await store.records.find('portgroup', uuid);
    if (group === undefined) return async () => {};
    const { items } = await store.ports.list({ filter: { nodeUuid } });
    const members = items.filter((each) => each.portgroupUuid === uuid && each.uuid !== own);
    const network = decideMembership({ physicalNetwork: port.physicalNetwork ?? null }, group, members);
    if (network === undefined) return async () => {};
    return () =>
      store.records.change('portgroup', group.uuid, ({ body }) => ({ body: { ...body, physical_network: network } }));
  }

  return {
    get,

    async create(body: unknown, minor: number, caller: Caller): Promise<Port> {
      const { node: ident, fields } = decidePortCreation(body, minor);
      const node = await store.nodes.find(ident);
      // The node is an argument here, so its absence is the caller's mistake.
      if (node === undefined) throw invalid(nodeNotFound(ident).message);
      await checkPortgroup(fields.portgroupUuid, node.uuid);
      const joined = await membership(fields, node.uuid);
      const port = await store.ports.create({ ...fields, nodeUuid: node.uuid }, originOf(caller));
      await joined();
      return port;
    },

    async patch(ident: string, patch: readonly PatchOperation[], minor: number, caller: Caller): Promise<Port> {
      checkPortPatchPaths(patch, minor);
      const port = await get(ident);
      const node = await store.nodes.get(port.nodeUuid);
      const wanted = decidePortPatch(port, node, patch, minor);
      if (wanted?.nodeUuid !== undefined && (await store.nodes.find(wanted.nodeUuid)) === undefined)
        throw invalid(`Unable to apply the requested node_uuid '${wanted.nodeUuid}'. Requested value was invalid.`);
      await checkPortgroup(wanted?.portgroupUuid, wanted?.nodeUuid ?? node.uuid);
      const moves = wanted?.portgroupUuid !== undefined || wanted?.physicalNetwork !== undefined;
      const joined = moves
        ? await membership({ ...port, ...wanted }, wanted.nodeUuid ?? node.uuid, port.uuid)
        : undefined;
      const written = await onceUnlocked(clock, settings.lockWaitMs, () =>
        store.ports.change(port.uuid, (current) => decidePortPatch(current, node, patch, minor), originOf(caller)),
      );
      await joined?.();
      return written;
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
