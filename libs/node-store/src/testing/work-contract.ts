import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { MacAddress, NodeUuid } from '@metal3/node';
import type { NodeStore } from '../contract/store.ts';
import type { Claim } from '../contract/work.ts';
import { conductor, enrol, type StoreHarness } from './harness.ts';

/** What every node store does with work: leases, fencing, wake-ups, timers, effects. */
export function workContract(database: string, start: () => Promise<StoreHarness>): void {
  describe(`work on ${database}`, () => {
    let harness: StoreHarness;
    let store: NodeStore;
    beforeAll(async () => {
      harness = await start();
      store = await harness.open();
    });
    afterAll(() => harness.close());

    const claimed = async (uuid: NodeUuid, owner = 'conductor-1', leaseMs = 1_000): Promise<Claim> => {
      const claim = await store.work.claimNode(uuid, { owner, leaseMs });
      if (claim === undefined) throw new Error(`${owner} could not claim ${uuid}`);
      return claim;
    };
    const isDue = async (uuid: NodeUuid) => (await store.work.due({ groups: [''], limit: 1000 })).includes(uuid);

    test('a woken node is due until somebody has looked at it', async () => {
      const uuid = await enrol(store, 'woken');
      expect(await isDue(uuid)).toBe(false);
      await store.work.wake(uuid);
      expect(await isDue(uuid)).toBe(true);
      const claim = await claimed(uuid);
      expect(await isDue(uuid)).toBe(false);
      expect(await store.work.release(claim.lease, claim.work.wakeSeq)).toMatchObject({ released: true });
      expect(await isDue(uuid)).toBe(false);
    });

    test('only one of many conductors gets the lease', async () => {
      const other = await harness.open();
      const uuid = await enrol(store, 'contested');
      const claims = await Promise.all(
        [store, other, store, other].map((by, index) =>
          by.work.claimNode(uuid, { owner: `c${index}`, leaseMs: 1_000 }),
        ),
      );
      expect(claims.filter((claim) => claim !== undefined)).toHaveLength(1);
    });

    test('due work of other groups is left alone', async () => {
      const { uuid } = await store.nodes.create({ driver: 'fake-hardware', name: 'elsewhere', conductorGroup: 'Far' });
      await store.work.wake(uuid);
      const mine = await store.work.claimDue({ ...conductor, groups: ['near'] });
      expect(mine).toEqual([]);
      const theirs = await store.work.claimDue({ ...conductor, groups: ['far'] });
      expect(theirs.map(({ node }) => node.uuid)).toEqual([uuid]);
    });

    test('a node woken while its conductor decides is looked at again, with the lease kept', async () => {
      const uuid = await enrol(store, 'woken-meanwhile');
      await store.work.wake(uuid);
      const claim = await claimed(uuid);
      await store.work.wake(uuid);
      const first = await store.work.release(claim.lease, claim.work.wakeSeq, {}, { context: { step: 1 } });
      if (first.released) throw new Error('the wake-up was lost');
      expect(first.claim.work).toMatchObject({ context: { step: 1 }, wakeSeq: 2, doneSeq: 0 });
      const second = await store.work.release(first.claim.lease, first.claim.work.wakeSeq);
      expect(second.released).toBe(true);
    });

    test('a lease that runs out makes the node due, and its holder can write no more', async () => {
      const uuid = await enrol(store, 'stalled');
      const stalled = await claimed(uuid, 'stalled');
      await harness.pass(1_050);
      expect(await isDue(uuid)).toBe(true);
      const lost = { code: 'LEASE-LOST' };
      await expect(store.work.update(stalled.lease, { patch: { lastError: 'late' } })).rejects.toMatchObject(lost);
      await expect(store.work.renew(stalled.lease)).rejects.toMatchObject(lost);
      const successor = await claimed(uuid, 'successor');
      expect(successor.takenOver).toBe(true);
      await expect(store.work.release(stalled.lease, stalled.work.wakeSeq)).rejects.toMatchObject(lost);
      // Its successor's lease is not its own to lengthen, nor to give up.
      await expect(store.work.renew(stalled.lease)).rejects.toMatchObject(lost);
      await store.work.abandon(stalled.lease);
      await store.work.update(successor.lease, { patch: { lastError: 'in time' } });
      expect(await store.nodes.get(uuid)).toMatchObject({ lastError: 'in time', reservation: 'successor' });
    });

    test('a lease that ran out does not come back to life after somebody else wrote', async () => {
      const uuid = await enrol(store, 'revived');
      const { lease } = await claimed(uuid);
      await harness.pass(1_050);
      await store.nodes.change(uuid, () => ({ patch: { extra: { mine: true } } }));
      await expect(store.work.renew(lease)).rejects.toMatchObject({ code: 'LEASE-LOST' });
      expect((await store.nodes.get(uuid)).reservation).toBeNull();
    });

    test('a renewed lease lives on', async () => {
      const uuid = await enrol(store, 'renewed');
      // Long enough that a busy machine does not let it run out between two statements.
      const { lease } = await claimed(uuid, 'conductor-1', 5_000);
      await harness.pass(3_000);
      const renewed = await store.work.renew(lease);
      await harness.pass(3_000);
      await store.work.update(renewed, { patch: { progress: 'still here' } });
      expect(renewed.expiresAt).toBeGreaterThan(lease.expiresAt);
    });

    test('ports are written with the rest of a change, and not at all once the lease is lost', async () => {
      const uuid = await enrol(store, 'ports');
      const [kept, taken] = ['52:54:00:00:aa:01', '52:54:00:00:aa:02'] as MacAddress[];
      if (kept === undefined || taken === undefined) throw new Error('two addresses');
      const elsewhere = await store.ports.create({ address: taken, nodeUuid: await enrol(store, 'has-that-address') });
      const { lease } = await claimed(uuid, 'conductor-1', 5_000);
      await store.work.update(lease, {
        patch: { progress: 'with ports' },
        ports: { create: [{ address: kept, extra: { a: 1 } }, { address: taken }] },
      });
      const { items } = await store.ports.list({ filter: { nodeUuid: uuid } });
      expect(items).toMatchObject([{ address: kept, extra: { a: 1 }, pxeEnabled: true }]);
      const port = items[0]?.uuid ?? elsewhere.uuid;

      await store.work.update(lease, {
        ports: {
          change: [
            { uuid: port, patch: { pxeEnabled: false } },
            { uuid: elsewhere.uuid, patch: { pxeEnabled: false } },
          ],
          remove: [elsewhere.uuid],
        },
      });
      expect(await store.ports.get(port)).toMatchObject({ pxeEnabled: false, revision: 2 });
      expect(await store.ports.get(elsewhere.uuid)).toMatchObject({ pxeEnabled: true, revision: 1 });

      await harness.pass(5_050);
      await claimed(uuid, 'successor', 5_000);
      await expect(store.work.update(lease, { ports: { remove: [port] } })).rejects.toMatchObject({
        code: 'LEASE-LOST',
      });
      expect(await store.ports.get(port)).toMatchObject({ address: kept });
    });

    test('a deleted node takes its lease along', async () => {
      const uuid = await enrol(store, 'deleted-meanwhile');
      const { lease } = await claimed(uuid);
      await harness.pass(1_050);
      await store.nodes.delete(uuid);
      await expect(store.work.update(lease, {})).rejects.toMatchObject({ code: 'LEASE-LOST' });
    });

    test('a sleeping node is due when its timer or its deadline runs out', async () => {
      const uuid = await enrol(store, 'sleeping');
      const { lease, work } = await claimed(uuid);
      await store.work.release(lease, work.wakeSeq, { waitKind: 'task', wakeAfterMs: 700, deadlineAfterMs: 60_000 });
      expect(await store.work.find(uuid)).toMatchObject({ waitKind: 'task' });
      expect(await isDue(uuid)).toBe(false);
      await harness.pass(750);
      expect(await isDue(uuid)).toBe(true);
      const again = await claimed(uuid);
      await store.work.release(again.lease, again.work.wakeSeq, { waitKind: 'agent', deadlineAfterMs: 'keep' });
      expect((await store.work.find(uuid))?.deadline).toBe(again.work.deadline);
    });

    test('a heartbeat moves the deadline of the wait it belongs to', async () => {
      const uuid = await enrol(store, 'patient');
      const { lease, work } = await claimed(uuid);
      await store.work.release(lease, work.wakeSeq, { waitKind: 'agent', deadlineAfterMs: 1_000 });
      await harness.pass(600);
      await store.agents.record(uuid, () => ({ agent: { lastHeartbeat: 1 }, deadlineAfterMs: 60_000 }));
      await harness.pass(600);
      expect(await isDue(uuid)).toBe(false);
    });

    test('the next thing due is known in advance', async () => {
      const { uuid } = await store.nodes.create({ driver: 'fake-hardware', conductorGroup: 'planned' });
      expect(await store.work.nextDueIn(['planned'])).toBeUndefined();
      const { lease, work } = await claimed(uuid);
      await store.work.release(lease, work.wakeSeq, { wakeAfterMs: 60_000 });
      const inMs = await store.work.nextDueIn(['planned']);
      expect(inMs).toBeGreaterThan(50_000);
      expect(inMs).toBeLessThanOrEqual(60_000);
    });

    test('intents are committed before outcomes, and open ones are handed to the next holder', async () => {
      const uuid = await enrol(store, 'effects');
      const first = await claimed(uuid, 'first');
      await store.work.update(first.lease, {
        intend: [{ id: 'e-1', kind: 'power', intent: { to: 'on' } }],
      });
      await harness.pass(1_050);
      const second = await claimed(uuid, 'second');
      expect(second.work.openEffects).toMatchObject([
        { id: 'e-1', kind: 'power', intent: { to: 'on' }, outcome: null },
      ]);
      const settled = await store.work.update(second.lease, { settle: [{ id: 'e-1', outcome: { seen: 'on' } }] });
      expect(settled.work.openEffects).toEqual([]);
      expect(await store.work.effects(uuid)).toMatchObject([{ id: 'e-1', outcome: { seen: 'on' } }]);
      await expect(store.work.update(second.lease, { settle: [{ id: 'e-9', outcome: {} }] })).rejects.toMatchObject({
        code: 'EFFECT-NOT-FOUND',
      });
    });

    test('new work clears what was left of the work before, and its end clears all', async () => {
      const uuid = await enrol(store, 'working');
      await store.nodes.change(uuid, () => ({ event: 'manage', work: { kind: 'verify', args: { a: 1 } } }), {
        principal: 'admin',
      });
      const claim = await claimed(uuid);
      expect(claim.work).toMatchObject({ kind: 'verify', args: { a: 1 }, requestedBy: 'admin', context: {} });
      const noted = await store.work.update(claim.lease, { context: { tries: 2 } });
      expect(noted.work.context).toEqual({ tries: 2 });
      const end = await store.work.release(claim.lease, noted.work.wakeSeq, {}, { event: 'done', work: null });
      expect(end.released && end.node).toMatchObject({ provisionState: 'manageable', targetProvisionState: null });
      expect(await store.work.find(uuid)).toMatchObject({ kind: null, args: {}, context: {} });
    });

    test('secrets among the arguments of work and of requests lie sealed, whoever begins it', async () => {
      const uuid = await enrol(store, 'rescued');
      const args = { rescue_password: 'hunter2', hold: true };
      await store.nodes.change(uuid, () => ({ work: { kind: 'rescue', args }, request: { kind: 'abort', args } }));
      const claim = await claimed(uuid);
      const followed = await store.work.update(claim.lease, { work: { kind: 'rescue', args } });
      const kept = [claim.work.args, claim.work.requests[0]?.args, followed.work.args];
      expect(JSON.stringify(kept)).not.toContain('hunter2');
      expect(kept.map((each) => store.reveal(uuid, each ?? {}))).toEqual([args, args, args]);
    });

    test('work knows the request that began it, and so does the work that follows, but none that another request begins', async () => {
      const uuid = await enrol(store, 'asked-for');
      const origin = { requestId: 'req-1', traceparent: '00-1-2-01' };
      await store.nodes.change(uuid, () => ({ work: { kind: 'tear-down', args: {}, origin } }));
      const claim = await claimed(uuid);
      expect(claim.work.context).toEqual({ origin });
      await store.work.update(claim.lease, { context: { origin, note: 1 } });
      const followed = await store.work.update(claim.lease, { work: { kind: 'clean', args: {} } });
      expect(followed.work).toMatchObject({ kind: 'clean', context: { origin } });
      expect(followed.work.context).toEqual({ origin });
      await store.work.release(claim.lease, followed.work.wakeSeq, undefined, { work: null });
      await store.nodes.change(uuid, () => ({ work: { kind: 'verify', args: {} } }));
      expect((await claimed(uuid)).work.context).toEqual({});
    });

    test('a power request stays until it is dealt with', async () => {
      const uuid = await enrol(store, 'powered');
      const node = await store.nodes.change(uuid, () => ({ power: { target: 'soft power off', timeoutSeconds: 30 } }));
      expect(node.targetPowerState).toBe('soft power off');
      const { lease, work } = await claimed(uuid);
      expect(work.power).toMatchObject({ target: 'soft power off', timeoutSeconds: 30 });
      await store.work.release(
        lease,
        work.wakeSeq,
        {},
        {
          power: null,
          patch: { powerState: 'power off', targetPowerState: null },
        },
      );
      expect(await store.work.find(uuid)).toMatchObject({ power: null });
    });

    test('an abandoned lease leaves the node due at once', async () => {
      const uuid = await enrol(store, 'abandoned');
      const { lease } = await claimed(uuid);
      await store.work.abandon(lease);
      expect(await isDue(uuid)).toBe(true);
      await store.work.abandon(lease);
    });

    test('notes are merged into the visible ones, and null removes', async () => {
      const uuid = await enrol(store, 'noted');
      const { lease } = await claimed(uuid);
      await store.work.update(lease, { internal: { clean_step_index: 0, is_whole_disk_image: true } });
      const { node } = await store.work.update(lease, { internal: { clean_step_index: null } });
      expect(node.driverInternalInfo).toEqual({ is_whole_disk_image: true });
    });

    test('forgetting the agent frees its token for the next boot', async () => {
      const uuid = await enrol(store, 'rebooted');
      await store.agents.issueToken(uuid, 'first-boot');
      const { lease } = await claimed(uuid);
      const { node } = await store.work.update(lease, { agent: null });
      expect(node.agent).toBeNull();
      expect(await store.agents.issueToken(uuid, 'second-boot')).toBe(true);
    });
  });
}
