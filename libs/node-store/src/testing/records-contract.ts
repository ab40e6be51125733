import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { NodeStore } from '../contract/store.ts';
import type { StoreHarness } from './harness.ts';

/** What every node store does with the records of users. */
export function recordsContract(database: string, start: () => Promise<StoreHarness>): void {
  describe(`records on ${database}`, () => {
    let harness: StoreHarness;
    let store: NodeStore;
    beforeAll(async () => {
      harness = await start();
      store = await harness.open();
    });
    afterAll(() => harness.close());

    test('a record is found by UUID and name, changed, and deleted', async () => {
      const { uuid } = await store.records.create('runbook', { name: 'CUSTOM_A', body: { steps: [] } });
      expect(await store.records.find('runbook', 'CUSTOM_A')).toMatchObject({
        uuid,
        body: { steps: [] },
        updatedAt: null,
      });
      const changed = await store.records.change('runbook', uuid, ({ body }) => ({
        name: 'CUSTOM_B',
        body: { ...body, public: true },
      }));
      expect(changed).toMatchObject({
        name: 'CUSTOM_B',
        body: { steps: [], public: true },
        updatedAt: expect.any(Number),
      });
      await store.records.delete('runbook', 'CUSTOM_B');
      expect(await store.records.find('runbook', uuid)).toBeUndefined();
      await expect(store.records.delete('runbook', uuid)).rejects.toMatchObject({ code: 'RECORD-NOT-FOUND' });
    });

    test('names and addresses are unique within their kind', async () => {
      await store.records.create('deploy-template', { name: 'CUSTOM_T', body: {} });
      await store.records.create('runbook', { name: 'CUSTOM_T', body: {} });
      await expect(store.records.create('deploy-template', { name: 'CUSTOM_T', body: {} })).rejects.toMatchObject({
        code: 'RECORD-DUPLICATE',
        details: { field: 'name', value: 'CUSTOM_T' },
      });
      const address = '52:54:00:00:00:77';
      await store.records.create('portgroup', { address, body: {} });
      await expect(store.records.create('portgroup', { address, body: {} })).rejects.toMatchObject({
        details: { field: 'address' },
      });
    });

    test('a record of a node goes with it', async () => {
      const { uuid } = await store.nodes.create({ driver: 'fake-hardware' });
      await store.records.create('portgroup', { nodeUuid: uuid, body: {} });
      expect(await store.records.list('portgroup', { nodeUuid: uuid })).toMatchObject([{ nodeUuid: uuid }]);
      await store.nodes.delete(uuid);
      expect(await store.records.list('portgroup', { nodeUuid: uuid })).toEqual([]);
    });
  });
}
