import type { Node } from '@metal3/node';
import { NodeStoreError } from '../contract/errors.ts';
import type { Lease, LeasedChange, Release, Sleep, WorkRepository } from '../contract/work.ts';
import { holdNodeById } from '../nodes/change.ts';
import { integer, optionalText, truth } from '../sql/database.ts';
import { transact, type Core, type Unit } from '../transact.ts';
import { cached, readClaim } from './claim.ts';
import { applyLeasedChange, type LeasedOutcome } from './leased-change.ts';
import { isLeased, unleased, writeWork, type WorkRow } from './row.ts';

/** What the holder of a lease may do; everything is fenced by its token. */
export function leases(core: Core): Pick<WorkRepository, 'renew' | 'update' | 'release' | 'abandon'> {
  /** Runs `body` on the node under the lease; refuses when the lease is not held any more. */
  const underLease = <Result>(lease: Lease, body: (unit: Unit, node: Node, work: WorkRow) => Promise<Result>) =>
    transact(core, async (unit) => {
      const held = await holdNodeById(core, unit, lease.nodeId, lease.nodeUuid).catch((error: unknown) => {
        if (error instanceof NodeStoreError && error.code === 'NODE-NOT-FOUND')
          throw lost(lease, 'the node was deleted');
        throw error;
      });
      if (held.work.leaseToken !== lease.token) throw lost(lease, 'somebody else has taken the node over');
      if (!isLeased(held.work, unit.now)) throw lost(lease, 'it was not renewed in time');
      return body(unit, held.node, held.work);
    });

  return {
    async renew(lease, leaseMs = lease.durationMs) {
      const expiresAt = await transact(core, async ({ sql, now }) => {
        const renewed = await sql.run(
          'UPDATE node_work SET lease_expires = ?, due_at = ? WHERE node_id = ? AND lease_token = ? AND lease_expires > ?',
          now + leaseMs,
          now + leaseMs,
          lease.nodeId,
          lease.token,
          now,
        );
        if (renewed === 0) throw lost(lease, 'it was not renewed in time');
        return now + leaseMs;
      });
      return { ...lease, expiresAt, durationMs: leaseMs };
    },

    async update(lease, change) {
      const claim = await underLease(lease, async (unit, node, before) => {
        const outcome = await applyLeasedChange(core, unit, node, before, change);
        const leaseDirty = before.leaseDirty || outcome.visible;
        await writeWork(unit.sql, { ...outcome.work, leaseDirty }, unit.now);
        if (outcome.visible) logLeased(unit, node, outcome, lease, change);
        return readClaim(unit, node.id, lease.durationMs, false);
      });
      return cached(core, claim);
    },

    async release(lease, seenWakeSeq, sleep = {}, change = {}): Promise<Release> {
      const end = await underLease(lease, async (unit, node, before) => {
        const outcome = await applyLeasedChange(core, unit, node, before, change);
        const goesOn = before.wakeSeq > seenWakeSeq;
        const next: WorkRow = goesOn
          ? {
              ...outcome.work,
              leaseDirty: before.leaseDirty || outcome.visible,
              leaseExpires: unit.now + lease.durationMs,
            }
          : { ...asleep(outcome.work, sleep, unit.now), doneSeq: before.wakeSeq, ...unleased };
        await writeWork(unit.sql, next, unit.now);
        // What was logged under the lease showed the reservation; its end has to show too.
        if (outcome.visible || (!goesOn && before.leaseDirty)) logLeased(unit, node, outcome, lease, change);
        return { released: !goesOn, claim: await readClaim(unit, node.id, lease.durationMs, false) };
      });
      const claim = cached(core, end.claim);
      return end.released ? { released: true, node: claim.node } : { released: false, claim };
    },

    async abandon(lease) {
      await transact(core, async ({ sql, now, log }) => {
        const row = await sql.get(
          'SELECT w.lease_dirty, n.revision, n.provision_state, n.target_provision_state ' +
            'FROM node_work w JOIN node n ON n.id = w.node_id WHERE w.node_id = ? AND w.lease_token = ?',
          lease.nodeId,
          lease.token,
        );
        if (row === undefined) return;
        await sql.run(
          'UPDATE node_work SET lease_owner = NULL, lease_token = NULL, lease_expires = NULL, lease_dirty = 0, due_at = ?, ' +
            'wake_seq = wake_seq + 1, touch = touch + 1 WHERE node_id = ? AND lease_token = ?',
          now,
          lease.nodeId,
          lease.token,
        );
        if (!truth(row['lease_dirty'])) return;
        log({
          topic: 'node',
          kind: 'changed',
          nodeId: lease.nodeId,
          nodeUuid: lease.nodeUuid,
          revision: integer(row['revision']),
          provisionState: optionalText(row['provision_state']),
          targetProvisionState: optionalText(row['target_provision_state']),
          conductor: lease.owner,
        });
      });
    },
  };
}

function asleep(
  work: WorkRow,
  { waitKind = null, wakeAfterMs = null, deadlineAfterMs = null }: Sleep,
  now: number,
): WorkRow {
  return {
    ...work,
    waitKind,
    wakeAt: wakeAfterMs === null ? null : now + wakeAfterMs,
    deadline: deadlineAfterMs === 'keep' ? work.deadline : deadlineAfterMs === null ? null : now + deadlineAfterMs,
  };
}

function logLeased(unit: Unit, node: Node, outcome: LeasedOutcome, lease: Lease, change: LeasedChange): void {
  const { fields, revision } = outcome;
  unit.log({
    topic: 'node',
    kind: 'changed',
    nodeId: node.id,
    nodeUuid: node.uuid,
    revision,
    provisionState: fields.provisionState ?? node.provisionState,
    targetProvisionState:
      fields.targetProvisionState === undefined ? node.targetProvisionState : fields.targetProvisionState,
    conductor: lease.owner,
    ...change.history,
  });
}

function lost(lease: Lease, why: string): NodeStoreError {
  return new NodeStoreError('LEASE-LOST', `The lease of ${lease.owner} on node ${lease.nodeUuid} is lost: ${why}.`, {
    ident: lease.nodeUuid,
  });
}
