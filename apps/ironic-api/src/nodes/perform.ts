import { deleteAllowedStates, provisionState, type Node } from '@metal3/node';
import type { ChangeOptions } from '@metal3/node-store';
import type { Dependencies } from '../dependencies.ts';
import { associated, Fault, invalid, invalidState, nodeNotFound } from '../faults.ts';
import { isUuid } from '../http/query.ts';
import type { Principal } from '../http/route.ts';
import type { PatchOperation } from '../json-patch/operations.ts';
import { decideCreation, withParent } from './create.ts';
import { onceUnlocked } from './locking.ts';
import { checkPatchPaths, decidePatch } from './patch.ts';
import { checkRaidConfig } from './raid.ts';

/** Who asks, kept with every change. */
export interface Caller {
  readonly principal: Principal;
  /** A caller's own id makes its retries harmless; ids that this service made up do not. */
  readonly requestId?: string;
  readonly expectedRevision?: number;
  /** The id of the request in logs, whoever made it up. */
  readonly loggedAs?: string;
}

export const originOf = ({ principal, requestId, expectedRevision }: Caller): ChangeOptions => ({
  principal: principal.name,
  ...(requestId === undefined ? {} : { requestId }),
  ...(expectedRevision === undefined ? {} : { expectedRevision }),
});

/** The life of node records: shared by the REST and gRPC edges. */
export function nodeOperations({ store, hints, directory, clock, settings }: Dependencies) {
  return {
    async get(ident: string): Promise<Node> {
      const node = await store.nodes.find(ident);
      if (node === undefined) throw nodeNotFound(ident);
      return node;
    },

    async create(body: unknown, minor: number, caller: Caller): Promise<Node> {
      const { fields, parent } = decideCreation(body, minor, await directory.current(), {
        resourceClass: settings.defaultResourceClass,
      });
      await checkChassis(fields.chassisUuid);
      return store.nodes.create(
        parent === undefined ? fields : withParent(fields, await parentUuid(parent)),
        originOf(caller),
      );
    },

    async patch(
      ident: string,
      patch: readonly PatchOperation[],
      options: { readonly minor: number; readonly resetInterfaces: boolean },
      caller: Caller,
    ): Promise<Node> {
      checkPatchPaths(patch, options.minor, options.resetInterfaces);
      const catalogue = await directory.current();
      for (const operation of patch) if (operation.path === '/chassis_uuid') await checkChassis(operation.value);
      const resolved = await withParentResolved(patch);
      let allocation: string | null = null;
      const patched = await onceUnlocked(clock, settings.lockWaitMs, () =>
        store.nodes.change(
          ident,
          (node) => {
            allocation = node.allocationUuid;
            const fields = decidePatch(node, resolved, { ...options, catalogue });
            return fields === undefined ? undefined : { patch: fields };
          },
          originOf(caller),
        ),
      );
      if (patched.allocationUuid === null) await forgetAllocation(allocation);
      return patched;
    },

    async remove(ident: string, caller: Caller): Promise<void> {
      let allocation: string | null = null;
      await onceUnlocked(clock, settings.lockWaitMs, () =>
        store.nodes.delete(
          ident,
          (node) => {
            checkDeletion(node, settings.allowDeletingAvailableNodes);
            allocation = node.allocationUuid;
          },
          originOf(caller),
        ),
      );
      await forgetAllocation(allocation);
    },

    async setMaintenance(ident: string, on: boolean, reason: string | null, caller: Caller): Promise<Node> {
      // Maintenance is how a person stops what goes wrong, so it does not wait for whoever acts on the node.
      const node = await store.nodes.change(
        ident,
        (node) => ({
          patch: on
            ? { maintenance: true, maintenanceReason: reason }
            : { maintenance: false, maintenanceReason: null, ...(node.fault === null ? {} : { fault: null }) },
          wake: !on,
        }),
        { ...originOf(caller), whileLeased: 'allow' },
      );
      // A conductor may have put work off while the node was in maintenance.
      if (!on) hints.hint(node.uuid, node.conductorGroup);
      return node;
    },

    /** Only remembered: a manual step of the RAID interface is what acts on it. */
    async setTargetRaid(ident: string, body: unknown, caller: Caller): Promise<Node> {
      return store.nodes.change(
        ident,
        (node) => {
          if ((node.interfaces.raid ?? 'no-raid') === 'no-raid') {
            throw new Fault(
              'unsupported',
              `Driver ${node.driver} does not support raid (disabled or not implemented).`,
            );
          }
          return { patch: { targetRaidConfig: checkRaidConfig(body, node.interfaces.raid) } };
        },
        originOf(caller),
      );
    },
  };

  /** An allocation ends with its hold on the node. */
  async function forgetAllocation(uuid: string | null): Promise<void> {
    if (uuid === null || (await store.records.find('allocation', uuid)) === undefined) return;
    await store.records.delete('allocation', uuid);
  }

  async function checkChassis(uuid: unknown): Promise<void> {
    if (typeof uuid !== 'string' || !isUuid(uuid)) return;
    if ((await store.records.find('chassis', uuid)) === undefined) throw invalid(`Chassis ${uuid} could not be found.`);
  }

  async function parentUuid(ident: string) {
    const parent = await store.nodes.find(ident);
    if (parent === undefined)
      throw invalid(`Unable to apply the requested parent_node: node ${ident} could not be found`);
    return parent.uuid;
  }

  /** A parent may be given by name and is kept by UUID. */
  async function withParentResolved(patch: readonly PatchOperation[]): Promise<readonly PatchOperation[]> {
    return Promise.all(
      patch.map(async (operation) =>
        operation.path === '/parent_node' && operation.op !== 'remove' && typeof operation.value === 'string'
          ? { ...operation, value: await parentUuid(operation.value) }
          : operation,
      ),
    );
  }
}

export type NodeOperations = ReturnType<typeof nodeOperations>;

function checkDeletion(node: Node, allowAvailable: boolean): void {
  if (node.instanceUuid !== null && !node.maintenance) throw associated(node.uuid, node.instanceUuid);
  if (node.protected) {
    throw new Fault('protected', `Node ${node.uuid} is protected and cannot be undeployed, rebuilt or deleted`);
  }
  const allowed =
    deleteAllowedStates.has(node.provisionState) ||
    node.maintenance ||
    (allowAvailable && node.provisionState === provisionState.available);
  if (!allowed) throw new Fault('conflict', invalidState('delete', node.uuid, node.provisionState).message);
}
