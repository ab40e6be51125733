import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { call, type Caller } from './call.ts';
import type { Stage } from './replay/stage.ts';

/** A NUL character cannot be kept by PostgreSQL; it is refused before any database is asked, so that all answer alike. */
export function unstorableTextContract(database: string, openStage: () => Promise<Stage>): void {
  describe(`a NUL character, on ${database}`, () => {
    let stage: Stage;
    let api: Caller;
    const refused = (field: string) => ({
      status: 400,
      fault: expect.stringMatching(new RegExp(`^Invalid ${field}: it holds a NUL character`)),
    });

    beforeAll(async () => {
      stage = await openStage();
      api = call(stage.rest);
      await api.post('/v1/nodes', { driver: 'fake-hardware', name: 'known' });
    });
    afterAll(() => stage.close());

    test('in a text field of a new node is refused, naming the field', async () => {
      expect(await api.post('/v1/nodes', { driver: 'fake-hardware', description: 'a\0b' })).toMatchObject(
        refused('description'),
      );
    });

    test('deep inside free-form data, in a value or a name, is refused', async () => {
      const extra = { rack: { row: ['x', 'a\0'] } };
      expect(await api.post('/v1/nodes', { driver: 'fake-hardware', extra })).toMatchObject(
        refused('extra.rack.row.1'),
      );
      expect(await api.post('/v1/nodes', { driver: 'fake-hardware', extra: { 'a\0': 1 } })).toMatchObject(
        refused('name of a field in extra'),
      );
    });

    test('in a patch is refused', async () => {
      const patch = [{ op: 'add', path: '/description', value: '\0' }];
      expect(await api.patch('/v1/nodes/known', patch)).toMatchObject(refused('0.value'));
    });

    test('in the reason of maintenance is refused', async () => {
      expect(await api.put('/v1/nodes/known/maintenance', { reason: '\0' })).toMatchObject(refused('reason'));
    });

    test.each(['/v1/nodes/a%00', '/v1/nodes?owner=a%00', '/v1/nodes/known/traits/CUSTOM_%00'])(
      'in the URL %s is refused',
      async (url) => {
        expect(await api.get(url)).toMatchObject(refused('URL'));
      },
    );

    test('that is only spelled out is text like any other', async () => {
      const description = String.raw`\u0000 and %00`;
      expect(await api.post('/v1/nodes', { driver: 'fake-hardware', description })).toMatchObject({
        status: 201,
        body: { description },
      });
      expect(await api.get('/v1/nodes?description_contains=%2500')).toMatchObject({ status: 200 });
    });

    test('in what a machine reports of itself is dropped', async () => {
      const { body: node } = await api.post<{ uuid: string }>('/v1/nodes', {
        driver: 'fake-hardware',
        name: 'reports',
        inspect_interface: 'agent',
      });
      await api.post('/v1/ports', { node_uuid: node.uuid, address: '52:54:00:00:00:09' });
      for (const event of ['manage', 'done', 'inspect'] as const) {
        await stage.store.nodes.change(node.uuid, () => ({ event }));
      }
      const report = {
        inventory: {
          interfaces: [{ name: 'eth0', mac_address: '52:54:00:00:00:09' }],
          system_vendor: { serial_number: 'S1\0\0' },
        },
      };
      expect(await api.post('/v1/continue_inspection', report, { version: '' })).toMatchObject({ status: 202 });
      const stored = (await stage.store.blobs.get(node.uuid as never, 'inspection-data'))?.toString('utf8') ?? '{}';
      expect(JSON.parse(stored)).toMatchObject({ inventory: { system_vendor: { serial_number: 'S1' } } });
    });
  });
}
