import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { call, type Caller } from './call.ts';
import { openStage, type Stage } from './replay/stage.ts';

let stage: Stage;
let api: Caller;
const step = { interface: 'bios', step: 'factory_reset', args: {}, priority: 60 };

beforeAll(async () => {
  stage = await openStage();
  api = call(stage.rest);
});
afterAll(() => stage.close());

const nodeIn = async (state: 'manageable' | 'available', fields: object = {}): Promise<string> => {
  const { uuid } = (
    await api.post<{ uuid: string }>('/v1/nodes', { driver: 'fake-hardware', deploy_interface: 'fake', ...fields })
  ).body;
  for (const event of state === 'available'
    ? (['manage', 'done', 'provide', 'done'] as const)
    : (['manage', 'done'] as const)) {
    await stage.store.nodes.change(uuid, () => ({ event }));
  }
  return uuid;
};

test('a chassis holds nodes, and cannot go while it does', async () => {
  const { uuid } = (await api.post<{ uuid: string }>('/v1/chassis', { description: 'rack' })).body;
  expect(
    await api.post('/v1/nodes', { driver: 'fake-hardware', chassis_uuid: '55555555-5555-5555-5555-555555555555' }),
  ).toMatchObject({
    status: 400,
    fault: expect.stringContaining('could not be found'),
  });
  await api.post('/v1/nodes', { driver: 'fake-hardware', name: 'in-rack', chassis_uuid: uuid });
  expect((await api.get<{ nodes: object[] }>(`/v1/chassis/${uuid}/nodes`)).body.nodes).toMatchObject([
    { name: 'in-rack' },
  ]);
  expect((await api.get<{ nodes: object[] }>(`/v1/nodes?chassis_uuid=${uuid}`)).body.nodes).toHaveLength(1);
  expect(await api.delete(`/v1/chassis/${uuid}`)).toMatchObject({ status: 400 });
  await api.delete('/v1/nodes/in-rack');
  expect(await api.patch(`/v1/chassis/${uuid}`, [{ op: 'add', path: '/extra/a', value: 1 }])).toMatchObject({
    body: { extra: { a: 1 } },
  });
  expect(await api.delete(`/v1/chassis/${uuid}`)).toMatchObject({ status: 204 });
});

test('a port group belongs to a node and may be found by its name', async () => {
  const node = await nodeIn('manageable');
  await api.post('/v1/portgroups', { node_uuid: node, name: 'bond0', address: '52:54:00:00:bb:01', mode: '802.3ad' });
  expect(await api.get('/v1/portgroups/bond0')).toMatchObject({
    body: { node_uuid: node, mode: '802.3ad', properties: {} },
  });
  expect(await api.get(`/v1/nodes/${node}/portgroups`)).toMatchObject({ body: { portgroups: [{ name: 'bond0' }] } });
  const group = (await api.get<{ uuid: string }>('/v1/portgroups/bond0')).body.uuid;
  await api.post('/v1/ports', { node_uuid: node, address: '52:54:00:00:bb:02', portgroup_uuid: group, name: 'eth0' });
  await api.post('/v1/ports', { node_uuid: node, address: '52:54:00:00:bb:03' });
  const member = { ports: [{ address: '52:54:00:00:bb:02' }] };
  expect(await api.get(`/v1/portgroups/${group}/ports`)).toMatchObject({ body: member });
  expect(await api.get(`/v1/ports?portgroup=${group}`)).toMatchObject({ body: member });
  expect(await api.get('/v1/ports/eth0')).toMatchObject({ body: { address: '52:54:00:00:bb:02' } });
  expect(await api.delete(`/v1/portgroups/${group}`)).toMatchObject({
    status: 400,
    fault: expect.stringContaining('contains ports'),
  });
  expect(await api.get('/v1/portgroups', { version: '1.22' })).toMatchObject({ status: 404 });
  expect(await api.post('/v1/portgroups', { node_uuid: node, address: '52:54:00:00:bb:01' })).toMatchObject({
    status: 409,
  });
});

test('a runbook stands in for the steps of cleaning, on nodes with the trait of its name', async () => {
  const node = await nodeIn('manageable');
  const runbook = {
    name: 'CUSTOM_RESET',
    steps: [{ interface: 'bios', step: 'factory_reset', order: 1 }],
    disable_ramdisk: true,
  };
  expect(await api.post('/v1/runbooks', runbook, { version: '1.91' })).toMatchObject({ status: 405 });
  await api.post('/v1/runbooks', runbook, { version: '1.92' });
  const clean = (extra: object = {}) =>
    api.put(
      `/v1/nodes/${node}/states/provision`,
      { target: 'clean', runbook: 'CUSTOM_RESET', ...extra },
      { version: '1.92' },
    );
  expect(await clean()).toMatchObject({ status: 400, fault: expect.stringContaining('does not have the trait') });
  await api.put(`/v1/nodes/${node}/traits`, { traits: ['CUSTOM_RESET'] });
  expect(await clean({ clean_steps: [] })).toMatchObject({ status: 400 });
  expect(await clean()).toMatchObject({ status: 202 });
  expect(await stage.store.work.find(node)).toMatchObject({
    kind: 'clean',
    args: { clean_steps: [{ interface: 'bios', step: 'factory_reset', order: 1 }], disable_ramdisk: true },
  });
});

test("a deploy template adds its steps where the instance's traits name it", async () => {
  await api.post('/v1/deploy_templates', { name: 'CUSTOM_BIOS', steps: [step] });
  const node = await nodeIn('available', { instance_info: { traits: ['CUSTOM_BIOS'] } });
  expect(await api.put(`/v1/nodes/${node}/states/provision`, { target: 'active' })).toMatchObject({ status: 202 });
  expect(await stage.store.work.find(node)).toMatchObject({ kind: 'deploy', args: { deploy_steps: [step] } });
  expect(await api.post('/v1/deploy_templates', { name: 'CUSTOM_TWICE', steps: [step, step] })).toMatchObject({
    status: 400,
    fault: expect.stringContaining('Duplicate'),
  });
});

test('shards are counted, and nodes without one appear as "None"', async () => {
  await api.post('/v1/nodes', { driver: 'fake-hardware', shard: 's1' });
  const { shards } = (await api.get<{ shards: { name: string; count: number }[] }>('/v1/shards')).body;
  expect(shards).toContainEqual({ name: 's1', count: 1 });
  expect(shards.map(({ name }) => name)).toContain('None');
});

test('the members of a port group are in one physical network, which changes with the group', async () => {
  const node = await nodeIn('manageable');
  const { uuid } = (await api.post<{ uuid: string }>('/v1/portgroups', { node_uuid: node, name: 'bond-net' })).body;
  const port = (last: string, more: object) =>
    api.post<{ uuid: string }>('/v1/ports', { node_uuid: node, address: `52:54:00:00:cc:${last}`, ...more });
  const member = (await port('01', { portgroup_uuid: uuid, physical_network: 'physnet1' })).body.uuid;
  const elsewhere = {
    status: 409,
    fault: `Port with physical network physnet2 cannot become a member of port group ${uuid} which has ports in physical network physnet1.`,
  };
  expect(await port('02', { portgroup_uuid: uuid, physical_network: 'physnet2' })).toMatchObject(elsewhere);
  expect(await port('03', { portgroup_uuid: uuid })).toMatchObject({ status: 409 });

  const free = (await port('04', { physical_network: 'physnet2' })).body.uuid;
  const join = { op: 'replace', path: '/portgroup_uuid', value: uuid };
  expect(await api.patch(`/v1/ports/${free}`, [join])).toMatchObject(elsewhere);
  const move = { op: 'replace', path: '/physical_network', value: 'physnet1' };
  expect(await api.patch(`/v1/ports/${free}`, [join, move])).toMatchObject({ status: 200 });
  expect(await api.patch(`/v1/ports/${free}`, [{ ...move, value: 'physnet2' }])).toMatchObject(elsewhere);

  const ofGroup = async () =>
    (await api.get<{ physical_network: string }>('/v1/portgroups/bond-net', { version: '1.102' })).body
      .physical_network;
  expect(await ofGroup()).toBe('physnet1');

  await api.patch('/v1/portgroups/bond-net', [{ op: 'add', path: '/physical_network', value: 'physnet9' }], {
    version: '1.102',
  });
  for (const each of [member, free])
    expect(await api.get(`/v1/ports/${each}`)).toMatchObject({ body: { physical_network: 'physnet9' } });
});

test('a volume waits for a change of power that was asked for before it', async () => {
  const node = await nodeIn('manageable');
  const { uuid } = (
    await api.post<{ uuid: string }>('/v1/volume/connectors', { node_uuid: node, type: 'iqn', connector_id: 'iqn.a' })
  ).body;
  await stage.store.nodes.change(node, () => ({ patch: { targetPowerState: 'power off' } }));
  const patched = api.patch(`/v1/volume/connectors/${uuid}`, [{ op: 'add', path: '/extra/a', value: 1 }]);
  await stage.store.nodes.change(node, () => ({ patch: { targetPowerState: null, powerState: 'power off' } }));
  expect(await patched).toMatchObject({ status: 200, body: { extra: { a: 1 } } });
});
