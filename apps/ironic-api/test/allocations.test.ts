import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '@metal3/testing';
import { call, type Caller } from './call.ts';
import { openStage, type Stage } from './replay/stage.ts';

interface Allocation {
  readonly uuid: string;
  readonly state: string;
  readonly node_uuid: string | null;
  readonly last_error: string | null;
}

let stage: Stage;
let api: Caller;

beforeAll(async () => {
  stage = await openStage();
  api = call(stage.rest);
});
afterAll(() => stage.close());

/** A node that is free for the taking. */
async function freeNode(resourceClass: string, name?: string): Promise<string> {
  const { uuid } = (
    await api.post<{ uuid: string }>('/v1/nodes', { driver: 'fake-hardware', resource_class: resourceClass, name })
  ).body;
  for (const event of ['manage', 'done', 'provide', 'done'] as const)
    await stage.store.nodes.change(uuid, () => ({ event }));
  await stage.store.nodes.change(uuid, () => ({ patch: { powerState: 'power off' } }));
  return uuid;
}
const allocate = async (body: object) => (await api.post<Allocation>('/v1/allocations', body)).body;
const get = async (ident: string) => (await api.get<Allocation>(`/v1/allocations/${ident}`)).body;

test('an allocation takes a free node of its class, and gives it back', async () => {
  const node = await freeNode('gold');
  const accepted = await allocate({ name: 'mine', resource_class: 'gold', traits: [] });
  expect(accepted).toMatchObject({ state: 'allocating', node_uuid: null });
  expect(await get('mine')).toMatchObject({ state: 'active', node_uuid: node, last_error: null });
  expect((await api.get(`/v1/nodes/${node}`)).body).toMatchObject({
    instance_uuid: accepted.uuid,
    allocation_uuid: accepted.uuid,
  });
  expect((await api.get<Allocation>(`/v1/nodes/${node}/allocation`)).body.uuid).toBe(accepted.uuid);

  expect(await get((await allocate({ resource_class: 'gold' })).uuid)).toMatchObject({
    state: 'error',
    last_error: expect.stringContaining('no available nodes match the resource class gold'),
  });
  expect(await api.delete('/v1/allocations/mine')).toMatchObject({ status: 204 });
  expect((await api.get(`/v1/nodes/${node}`)).body).toMatchObject({ instance_uuid: null, allocation_uuid: null });
});

test('traits and candidates narrow the choice, and a node of the same name is meant', async () => {
  const [plain, special] = [await freeNode('silver', 'plain'), await freeNode('silver', 'special')];
  await api.put(`/v1/nodes/${special}/traits`, { traits: ['CUSTOM_SPECIAL'] });
  const byTrait = await allocate({ resource_class: 'silver', traits: ['CUSTOM_SPECIAL'] });
  expect(await get(byTrait.uuid)).toMatchObject({ node_uuid: special });
  await api.delete(`/v1/allocations/${byTrait.uuid}`);
  await allocate({ name: 'plain', resource_class: 'silver' });
  expect(await get('plain')).toMatchObject({ node_uuid: plain });
  const taken = await allocate({ resource_class: 'silver', candidate_nodes: ['plain'] });
  expect(await get(taken.uuid)).toMatchObject({
    state: 'error',
    last_error: expect.stringContaining('none of the requested nodes'),
  });
  expect(await api.post('/v1/allocations', { resource_class: 'silver', candidate_nodes: ['nobody'] })).toMatchObject({
    status: 400,
  });
});

test('many allocations at once never share a node', async () => {
  const nodes = await Promise.all(Array.from({ length: 5 }, () => freeNode('bronze')));
  const asked = await Promise.all(Array.from({ length: 8 }, () => allocate({ resource_class: 'bronze' })));
  const settled = await Promise.all(asked.map(({ uuid }) => get(uuid)));
  const given = settled.filter(({ state }) => state === 'active').map(({ node_uuid }) => node_uuid);
  expect(new Set(given).size).toBe(given.length);
  expect(given.toSorted()).toEqual(nodes.toSorted());
});

test('a node that a conductor acts on for a moment is waited for', async () => {
  const patient = await openStage({ settings: { lockWaitMs: 30_000 } });
  try {
    const { rest, store } = patient;
    const asPatient = call(rest);
    const { uuid } = (
      await asPatient.post<{ uuid: string }>('/v1/nodes', { driver: 'fake-hardware', resource_class: 'busy' })
    ).body;
    for (const event of ['manage', 'done', 'provide', 'done'] as const)
      await store.nodes.change(uuid, () => ({ event, patch: { powerState: 'power off' } }));
    const claim = await store.work.claimNode(uuid, { owner: 'c1', leaseMs: 60_000 });
    const asked = asPatient.post<Allocation>('/v1/allocations', { name: 'waits', resource_class: 'busy' });
    await eventually(async () => (await asPatient.get<Allocation>('/v1/allocations/waits')).status === 200);
    expect((await asPatient.get<Allocation>('/v1/allocations/waits')).body.state).toBe('allocating');
    if (claim === undefined) throw new Error('the node could not be claimed');
    await store.work.abandon(claim.lease);
    await asked;
    expect((await asPatient.get<Allocation>('/v1/allocations/waits')).body).toMatchObject({
      state: 'active',
      node_uuid: uuid,
    });
  } finally {
    await patient.close();
  }
});

test('taking the instance from a node ends its allocation', async () => {
  const node = await freeNode('iron');
  const { uuid } = await allocate({ resource_class: 'iron' });
  await api.patch(`/v1/nodes/${node}`, [{ op: 'remove', path: '/instance_uuid' }]);
  expect(await api.get(`/v1/allocations/${uuid}`)).toMatchObject({ status: 404 });
});

test('the allocation of a node in use can be recorded afterwards', async () => {
  const node = await freeNode('steel', 'in-use');
  expect(await api.post('/v1/allocations', { node: 'in-use' })).toMatchObject({
    status: 409,
    fault: expect.stringContaining('not active'),
  });
  for (const event of ['deploy', 'done'] as const) await stage.store.nodes.change(node, () => ({ event }));
  const recorded = await api.post<Allocation>('/v1/allocations', { node: 'in-use', name: 'late' });
  expect(recorded).toMatchObject({ status: 201, body: { state: 'active', node_uuid: node } });
  expect(await api.delete('/v1/allocations/late')).toMatchObject({ status: 409 });
});

test('allocations came with 1.52', async () => {
  expect(await api.get('/v1/allocations', { version: '1.51' })).toMatchObject({ status: 404 });
  expect(await api.post('/v1/allocations', {}, { version: '1.51' })).toMatchObject({ status: 405 });
});

test('volume connectors and targets belong to a node', async () => {
  const node = await freeNode('copper');
  const connector = { node_uuid: node, type: 'iqn', connector_id: 'iqn.2026-01.example:1' };
  const { uuid } = (await api.post<{ uuid: string }>('/v1/volume/connectors', connector)).body;
  expect(await api.post('/v1/volume/connectors', connector)).toMatchObject({ status: 409 });
  expect(await api.get(`/v1/nodes/${node}/volume/connectors`)).toMatchObject({
    body: { connectors: [{ uuid, type: 'iqn' }] },
  });
  const target = {
    node_uuid: node,
    volume_type: 'iscsi',
    boot_index: 0,
    volume_id: 'v1',
    properties: { auth_password: 'p' },
  };
  expect(await api.post('/v1/volume/targets', target)).toMatchObject({
    status: 201,
    body: { boot_index: 0, properties: { auth_password: '******' } },
  });
  expect(await api.post('/v1/volume/targets', { ...target, volume_id: 'v2' })).toMatchObject({ status: 409 });
  expect(await api.delete(`/v1/volume/connectors/${uuid}`)).toMatchObject({ status: 204 });
});
