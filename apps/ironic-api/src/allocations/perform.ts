import type { JsonObject, Node } from '@metal3/node';
import { isStoreError, type NodeStoreError, type UserRecord } from '@metal3/node-store';
import type { Dependencies } from '../dependencies.ts';
import { Fault, invalid, nodeNotFound, notFound } from '../faults.ts';
import { onceUnlocked } from '../nodes/locking.ts';
import { candidatesFor, decideBackfill, decideRelease, decideTaking, type Wanted, wantedOf } from './decide.ts';
import type { AllocationRequest } from './request.ts';

/** Allocations: a user says what kind of node it needs, the service finds one and keeps it for the user. */
export function allocationOperations({ store, random, clock, settings }: Dependencies) {
  const { records, nodes } = store;

  async function get(ident: string): Promise<UserRecord> {
    const allocation = await records.find('allocation', ident);
    if (allocation === undefined) throw notFound(`Allocation ${ident} could not be found.`);
    return allocation;
  }

  async function settle(allocation: UserRecord, outcome: JsonObject): Promise<void> {
    await records.change('allocation', allocation.uuid, ({ body }) => ({ body: { ...body, ...outcome } }));
  }

  /** Tries candidates until one is still free when its turn comes; while all that are left are locked, again. */
  async function allocate(allocation: UserRecord): Promise<void> {
    const wanted = wantedOf(allocation);
    const { items } = await nodes.list({ filter: { resourceClass: wanted.resourceClass, includeChildren: true } });
    const found = candidatesFor(wanted, items, () => random.fraction());
    if ('reason' in found) return fail(allocation, found.reason);
    try {
      const taken = await onceUnlocked(clock, settings.lockWaitMs, () => takeOne(found.nodes, wanted));
      if (taken !== undefined) return settle(allocation, { state: 'active', node_uuid: taken, last_error: null });
    } catch (error) {
      if (!isStoreError(error, 'NODE-LOCKED')) throw error;
    }
    return fail(allocation, `could not reserve any of ${found.nodes.length} suitable nodes`);
  }

  /** @throws NODE-LOCKED when none could be had and one was locked */
  async function takeOne(candidates: readonly Node[], wanted: Wanted): Promise<string | undefined> {
    let locked: NodeStoreError | undefined;
    for (const { uuid } of candidates) {
      let patch: ReturnType<typeof decideTaking>;
      try {
        await nodes.change(uuid, (node) => {
          patch = decideTaking(node, wanted);
          return patch === undefined ? undefined : { patch };
        });
      } catch (error) {
        if (isStoreError(error, 'NODE-LOCKED')) locked = error;
        else if (!isStoreError(error, 'NODE-NOT-FOUND')) throw error;
        continue;
      }
      if (patch !== undefined) return uuid;
    }
    if (locked !== undefined) throw locked;
    return undefined;
  }

  const fail = (allocation: UserRecord, reason: string): Promise<void> =>
    settle(allocation, { state: 'error', last_error: `Failed to process allocation ${allocation.uuid}: ${reason}.` });

  return {
    get,

    /** The allocation as it was accepted; what became of it shows in a later `get`. */
    async create(request: AllocationRequest): Promise<UserRecord> {
      const candidates = await Promise.all(request.candidateNodes.map((ident) => nodeUuid(ident)));
      const backfilled = request.node === undefined ? undefined : await nodes.find(request.node);
      if (request.node !== undefined && backfilled === undefined) throw invalid(nodeNotFound(request.node).message);
      const resourceClass = request.resourceClass ?? backfilled?.resourceClass;
      if (resourceClass === undefined || resourceClass === null)
        throw invalid("Schema error for allocation: 'resource_class' is a required property");

      const uuid = request.uuid ?? backfilled?.instanceUuid ?? undefined;
      const allocation = await create(
        { ...request, uuid },
        { ...request.body, resource_class: resourceClass, candidate_nodes: candidates },
      );
      if (backfilled === undefined) {
        await allocate(allocation);
        return allocation;
      }
      try {
        await nodes.change(backfilled.uuid, (node) => ({ patch: decideBackfill(node, wantedOf(allocation)) }));
      } catch (error) {
        await records.delete('allocation', allocation.uuid);
        throw error;
      }
      await settle(allocation, { state: 'active', node_uuid: backfilled.uuid });
      return get(allocation.uuid);
    },

    async remove(ident: string): Promise<void> {
      const allocation = await get(ident);
      const node = allocation.body['node_uuid'];
      if (typeof node === 'string' && (await nodes.find(node)) !== undefined) {
        await nodes.change(node, (current) => {
          const patch = decideRelease(current, allocation.uuid);
          return patch === undefined ? undefined : { patch };
        });
      }
      await records.delete('allocation', allocation.uuid);
    },

    /** The allocation that holds a node. */
    async ofNode(nodeIdent: string): Promise<UserRecord> {
      const node = await nodes.find(nodeIdent);
      // Upstream takes the node for an argument here.
      if (node === undefined) throw invalid(nodeNotFound(nodeIdent).message);
      const allocation =
        node.allocationUuid === null ? undefined : await records.find('allocation', node.allocationUuid);
      if (allocation === undefined) throw notFound(`Allocation for node ${node.uuid} was not found`);
      return allocation;
    },
  };

  async function create(request: AllocationRequest, body: JsonObject): Promise<UserRecord> {
    try {
      return await records.create('allocation', {
        name: request.name,
        ...(request.uuid === undefined ? {} : { uuid: request.uuid }),
        body: { ...body, state: 'allocating' },
      });
    } catch (error) {
      if (!isStoreError(error, 'RECORD-DUPLICATE')) throw error;
      const { field = 'uuid', value = '' } = error.details;
      throw new Fault(
        'already-exists',
        `An allocation with ${field === 'name' ? 'name' : 'UUID'} ${value} already exists.`,
      );
    }
  }

  async function nodeUuid(ident: string): Promise<string> {
    const node = await nodes.find(ident);
    if (node === undefined) throw invalid(nodeNotFound(ident).message);
    return node.uuid;
  }
}

export type AllocationOperations = ReturnType<typeof allocationOperations>;
