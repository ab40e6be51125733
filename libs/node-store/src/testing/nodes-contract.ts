import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { macAddress, TransitionRefused } from '@metal3/node';
import type { NodeStore } from '../contract/store.ts';
import { conductor, enrol, type StoreHarness } from './harness.ts';

/** What every node store does with nodes, ports, blobs, agents and conductors. */
export function nodesContract(database: string, start: () => Promise<StoreHarness>): void {
  describe(`nodes on ${database}`, () => {
    let harness: StoreHarness;
    let store: NodeStore;
    beforeAll(async () => {
      harness = await start();
      store = await harness.open();
    });
    afterAll(() => harness.close());

    test('a new node is enrolled, with the defaults of what it leaves out', async () => {
      const node = await store.nodes.create({ driver: 'redfish', name: 'fresh', conductorGroup: 'Rack-1' });
      expect(node).toMatchObject({
        provisionState: 'enroll',
        targetProvisionState: null,
        revision: 1,
        maintenance: false,
        automatedClean: null,
        driverInfo: {},
        traits: [],
        agent: null,
        reservation: null,
        conductorGroup: 'rack-1',
        updatedAt: null,
      });
      expect(await store.nodes.get(node.uuid)).toBe(await store.nodes.get('fresh'));
    });

    test.each([
      ['name', { name: 'taken' }],
      ['instanceUuid', { instanceUuid: '7d4a6c2e-58c9-4b83-a8d1-20b0a4b9d1f0' }],
    ])('two nodes cannot have the same %s', async (field, fields) => {
      await store.nodes.create({ driver: 'fake-hardware', ...fields });
      await expect(store.nodes.create({ driver: 'fake-hardware', ...fields })).rejects.toMatchObject({
        code: 'NODE-DUPLICATE',
        details: { field },
      });
    });

    test('a node is the same object until something in it changes', async () => {
      const uuid = await enrol(store, 'identity');
      const first = await store.nodes.get(uuid);
      const listed = await store.nodes.list({ filter: { uuids: [uuid] } });
      expect(listed.items[0]).toBe(first);
      const changed = await store.nodes.change(uuid, () => ({ patch: { extra: { rack: 7 } } }));
      expect(changed).not.toBe(first);
      expect(changed).toMatchObject({ revision: 2, extra: { rack: 7 } });
      expect(await store.nodes.get(uuid)).toBe(changed);
    });

    test('another process sees a change at once', async () => {
      const other = await harness.open();
      const uuid = await enrol(store, 'shared');
      await other.nodes.get(uuid);
      await store.nodes.change(uuid, () => ({ patch: { description: 'seen' } }));
      expect((await other.nodes.get(uuid)).description).toBe('seen');
    });

    test('writing what is there already changes nothing', async () => {
      const uuid = await enrol(store, 'idle');
      const node = await store.nodes.change(uuid, () => ({ patch: { extra: {}, maintenance: false } }));
      expect(node.revision).toBe(1);
    });

    test('a change with another revision than expected is refused', async () => {
      const uuid = await enrol(store, 'compared');
      const change = (expectedRevision: number) =>
        store.nodes.change(uuid, () => ({ patch: { extra: { expectedRevision } } }), { expectedRevision });
      await change(1);
      await expect(change(1)).rejects.toMatchObject({
        code: 'NODE-REVISION-CONFLICT',
        details: { expectedRevision: '1', revision: '2' },
      });
    });

    test('a decision that throws leaves the node as it was', async () => {
      const uuid = await enrol(store, 'untouched');
      await expect(
        store.nodes.change(uuid, () => {
          throw new RangeError('no');
        }),
      ).rejects.toThrow(RangeError);
      await expect(store.nodes.change(uuid, () => ({ event: 'provide' }))).rejects.toThrow(TransitionRefused);
      expect((await store.nodes.get(uuid)).revision).toBe(1);
    });

    test('a request repeated under its id is carried out once', async () => {
      const uuid = await enrol(store, 'repeated');
      const grow = () =>
        store.nodes.change(uuid, (node) => ({ patch: { extra: { times: Number(node.extra['times'] ?? 0) + 1 } } }), {
          requestId: 'request-1',
        });
      await grow();
      expect((await grow()).extra).toEqual({ times: 1 });
    });

    test('two changes at once are both kept', async () => {
      const other = await harness.open();
      const uuid = await enrol(store, 'busy');
      const add = (by: NodeStore, key: string) =>
        by.nodes.change(uuid, ({ extra }) => ({ patch: { extra: { ...extra, [key]: true } } }));
      const keys = Array.from({ length: 20 }, (_, index) => `k${index}`);
      await Promise.all(keys.map((key, index) => add(index % 2 === 0 ? store : other, key)));
      expect(Object.keys((await store.nodes.get(uuid)).extra).toSorted()).toEqual(keys.toSorted());
    });

    test('accepting a verb sets state, target and clock, and wakes the node', async () => {
      const uuid = await enrol(store, 'accepted');
      const node = await store.nodes.change(uuid, () => ({ event: 'manage', work: { kind: 'verify', args: {} } }));
      expect(node).toMatchObject({ provisionState: 'verifying', targetProvisionState: 'manageable' });
      expect(node.provisionUpdatedAt).toEqual(expect.any(Number));
      expect(await store.work.due({ groups: [''], limit: 100 })).toContain(uuid);
    });

    test('secrets are sealed at rest, pass through a patch, and open only in their own node', async () => {
      const { uuid, driverInfo } = await store.nodes.create({
        driver: 'redfish',
        driverInfo: { redfish_password: 'hunter2', redfish_username: 'admin', pin: { token: 4_242_424_242 } },
      });
      expect(JSON.stringify(driverInfo)).not.toMatch(/hunter2|4242424242/);
      const patched = await store.nodes.change(uuid, (node) => ({
        patch: { driverInfo: { ...node.driverInfo, redfish_username: 'root' } },
      }));
      expect(patched.driverInfo['redfish_password']).toBe(driverInfo['redfish_password']);
      expect(store.reveal(uuid, patched.driverInfo)).toEqual({
        redfish_password: 'hunter2',
        redfish_username: 'root',
        pin: { token: 4_242_424_242 },
      });
      const other = await enrol(store, 'other-secrets');
      expect(() => store.reveal(other, patched.driverInfo)).toThrow(
        expect.objectContaining({ code: 'SECRET-UNREADABLE' }),
      );
    });

    test('the same password written again is no change', async () => {
      const { uuid } = await store.nodes.create({ driver: 'redfish', driverInfo: { redfish_password: 'same' } });
      const again = await store.nodes.change(uuid, () => ({ patch: { driverInfo: { redfish_password: 'same' } } }));
      expect(again.revision).toBe(1);
    });

    test('pages follow each other in order, with nulls, both ways', async () => {
      const listed = await harness.open();
      const shard = ['paging'];
      for (const owner of ['b', null, 'a', 'c', null]) {
        await listed.nodes.create({ driver: 'fake-hardware', shard: 'paging', owner });
      }
      for (const sortDir of ['asc', 'desc'] as const) {
        const owners: (string | null)[] = [];
        let marker: string | undefined;
        do {
          const page = await listed.nodes.list({
            filter: { shard },
            sortKey: 'owner',
            sortDir,
            limit: 2,
            ...(marker && { marker }),
          });
          owners.push(...page.items.map(({ owner }) => owner));
          marker = page.next;
        } while (marker !== undefined);
        const ascending = [null, null, 'a', 'b', 'c'];
        expect(owners).toEqual(sortDir === 'asc' ? ascending : ascending.toReversed());
      }
      await expect(listed.nodes.list({ marker: '00000000-0000-4000-8000-000000000000' })).rejects.toMatchObject({
        code: 'MARKER-NOT-FOUND',
      });
    });

    test('filters select exactly', async () => {
      const { uuid } = await store.nodes.create({
        driver: 'redfish',
        name: 'filtered',
        maintenance: true,
        resourceClass: 'gold',
        description: 'in row_5%',
        lessee: 'tenant',
      });
      const matching = async (filter: Parameters<NodeStore['nodes']['list']>[0]) =>
        (await store.nodes.list(filter)).items.some((node) => node.uuid === uuid);
      expect(await matching({ filter: { maintenance: true, resourceClass: 'gold' } })).toBe(true);
      expect(await matching({ filter: { project: 'tenant' } })).toBe(true);
      expect(await matching({ filter: { descriptionContains: 'row_5%' } })).toBe(true);
      expect(await matching({ filter: { descriptionContains: 'rowX5' } })).toBe(false);
      expect(await matching({ filter: { associated: true } })).toBe(false);
      expect(await matching({ filter: { provisionState: ['manageable', 'available'] } })).toBe(false);
    });

    test('children are listed only when asked for', async () => {
      const parent = await enrol(store, 'parent');
      const child = await store.nodes.create({ driver: 'fake-hardware', name: 'child', parentNode: parent });
      const listed = async (filter: object) => (await store.nodes.list({ filter })).items.includes(child);
      expect(await listed({})).toBe(false);
      expect(await listed({ includeChildren: true })).toBe(true);
      expect(await listed({ parentNode: parent })).toBe(true);
    });

    test('a deleted node is gone with all it owned, and its name is free', async () => {
      const uuid = await enrol(store, 'short-lived');
      await store.ports.create({ nodeUuid: uuid, address: macAddress('52:54:00:00:01:01') });
      await store.blobs.put(uuid, 'inventory', '{}');
      await expect(
        store.nodes.delete(uuid, () => {
          throw new RangeError('protected');
        }),
      ).rejects.toThrow('protected');
      await store.nodes.delete(uuid);
      expect(await store.nodes.find(uuid)).toBeUndefined();
      expect(await store.nodes.findByAddresses(['52:54:00:00:01:01'])).toEqual([]);
      expect(await store.blobs.get(uuid, 'inventory')).toBeUndefined();
      await enrol(store, 'short-lived');
      await expect(store.nodes.get(uuid)).rejects.toMatchObject({ code: 'NODE-NOT-FOUND' });
    });

    test('a node that a conductor acts on is neither changed nor deleted by others', async () => {
      const uuid = await enrol(store, 'acted-on');
      const claim = await store.work.claimNode(uuid, conductor);
      expect((await store.nodes.get(uuid)).reservation).toBe('conductor-1');
      const refused = { code: 'NODE-LOCKED', details: { holder: 'conductor-1' } };
      await expect(store.nodes.change(uuid, () => ({ patch: { extra: { a: 1 } } }))).rejects.toMatchObject(refused);
      await expect(store.nodes.delete(uuid)).rejects.toMatchObject(refused);
      await store.nodes.change(uuid, () => ({ request: { kind: 'abort', args: {} } }), { whileLeased: 'allow' });
      if (claim === undefined) throw new Error('not claimed');
      const released = await store.work.release(claim.lease, claim.work.wakeSeq);
      expect(released).toMatchObject({ released: false, claim: { work: { requests: [{ kind: 'abort' }] } } });
    });

    test('ports are found by address, unique by it, and follow their node', async () => {
      const uuid = await enrol(store, 'with-ports');
      const address = macAddress('52:54:00:00:02:01');
      const port = await store.ports.create({ nodeUuid: uuid, address, pxeEnabled: false, extra: { slot: 1 } });
      expect(await store.ports.get(port.uuid)).toMatchObject({ address, pxeEnabled: false, nodeUuid: uuid });
      await expect(store.ports.create({ nodeUuid: uuid, address })).rejects.toMatchObject({
        code: 'PORT-DUPLICATE',
        details: { field: 'address' },
      });
      expect((await store.nodes.findByAddresses([address.toUpperCase()])).map((node) => node.uuid)).toEqual([uuid]);
      await store.ports.change(port.uuid, () => ({ physicalNetwork: 'lab' }));
      expect((await store.ports.list({ filter: { nodeUuid: uuid } })).items).toMatchObject([
        { physicalNetwork: 'lab' },
      ]);
      await store.ports.delete(port.uuid);
      await expect(store.ports.get(port.uuid)).rejects.toMatchObject({ code: 'PORT-NOT-FOUND' });
    });

    test('a config drive is kept sealed, and shows on the node', async () => {
      const uuid = await enrol(store, 'with-drive');
      await store.nodes.change(uuid, () => ({ blobs: { 'config-drive': '{"user_data":"x"}' } }));
      expect((await store.nodes.get(uuid)).hasConfigDrive).toBe(true);
      expect(await store.blobs.has(uuid, 'config-drive')).toBe(true);
      expect((await store.blobs.get(uuid, 'config-drive'))?.toString()).toBe('{"user_data":"x"}');
      await store.nodes.change(uuid, () => ({ blobs: { 'config-drive': null } }));
      expect(await store.blobs.get(uuid, 'config-drive')).toBeUndefined();
      expect(await store.blobs.has(uuid, 'config-drive')).toBe(false);
    });

    test('an agent token is issued once per boot, even to two that ask at the same moment', async () => {
      const uuid = await enrol(store, 'agent');
      const issued = await Promise.all(['one', 'two', 'three'].map((token) => store.agents.issueToken(uuid, token)));
      expect(issued.filter(Boolean)).toHaveLength(1);
      expect(await store.agents.token(uuid)).toBe(['one', 'two', 'three'][issued.indexOf(true)]);
      expect((await store.nodes.get(uuid)).agent).toMatchObject({ tokenIssued: true, url: null });
    });

    test('a heartbeat is decided upon with the token, and its wake-up is committed with it', async () => {
      const uuid = await enrol(store, 'beating');
      await store.agents.issueToken(uuid, 'secret-token');
      const node = await store.agents.record(uuid, ({ token, agent }) => {
        expect({ token, url: agent?.url }).toEqual({ token: 'secret-token', url: null });
        return { agent: { url: 'https://10.0.0.1:9999', version: '11', lastHeartbeat: 5 }, wake: true };
      });
      expect(node.agent).toMatchObject({ url: 'https://10.0.0.1:9999', lastHeartbeat: 5, tokenIssued: true });
      expect((await store.work.find(uuid))?.wakeSeq).toBe(1);
    });

    test('a conductor is alive while it says so, by the database clock', async () => {
      const registration = { hostname: 'c-1', rpcAddress: '127.0.0.1:1', groups: ['', 'Rack'], drivers: {} };
      expect(await store.conductors.register(registration)).toMatchObject({ alive: true, groups: ['', 'rack'] });
      expect(await store.conductors.heartbeat('c-1')).toBe(true);
      expect(await store.conductors.heartbeat('stranger')).toBe(false);
      await store.conductors.deregister('c-1');
      expect(await store.conductors.find('c-1')).toMatchObject({ alive: false });
      expect(await store.conductors.register(registration)).toMatchObject({ alive: true });
    });

    test('history keeps what went wrong, oldest first, and the timeline everything', async () => {
      const uuid = await enrol(store, 'remembered');
      for (const event of ['first', 'second']) {
        await store.nodes.change(uuid, () => ({ history: { event, eventType: 'provisioning', severity: 'ERROR' } }), {
          principal: 'admin',
        });
      }
      const history = await store.changes.history(uuid);
      expect(history.map(({ event }) => event)).toEqual(['first', 'second']);
      expect(history[0]).toMatchObject({ principal: 'admin', severity: 'ERROR', eventType: 'provisioning' });
      expect((await store.changes.timeline(uuid)).at(-1)).toMatchObject({ kind: 'created' });
    });
  });
}
