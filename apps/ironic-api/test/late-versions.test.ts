import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { call, type Caller } from './call.ts';
import { openStage, type Stage } from './replay/stage.ts';

let stage: Stage;
let api: Caller;
let node: string;
const at = (minor: number) => ({ version: `1.${minor}` });

beforeAll(async () => {
  stage = await openStage();
  api = call(stage.rest);
  const created = await api.post<{ uuid: string }>('/v1/nodes', {
    driver: 'fake-hardware',
    name: 'one',
    shard: 'north',
  });
  node = created.body.uuid;
  // The conductor of the recording offers no console.
  await stage.store.nodes.change(node, ({ interfaces }) => ({
    patch: { interfaces: { ...interfaces, console: 'fake' } },
  }));
});
afterAll(() => stage.close());

describe('inspection rules (1.96)', () => {
  const rule = {
    description: 'remembers the rack',
    priority: '7',
    conditions: [{ op: '!is-empty', args: { value: '{inventory[system_vendor]}' } }],
    actions: [{ op: 'set-attribute', args: { path: '/extra/rack', value: 'r1' } }],
  };

  test('a rule is created, shown, patched and deleted', async () => {
    const created = await api.post<{ uuid: string }>('/v1/inspection_rules', rule, at(96));
    expect(created).toMatchObject({ status: 201, body: { ...rule, priority: 7, phase: 'main', sensitive: false } });
    const url = `/v1/inspection_rules/${created.body.uuid}`;
    expect(created.headers['location']).toMatch(new RegExp(`${url}$`));
    expect((await api.get('/v1/inspection_rules', at(96))).body).toMatchObject({
      inspection_rules: [{ uuid: created.body.uuid, description: rule.description, priority: 7, phase: 'main' }],
    });
    const patched = await api.patch(url, [{ op: 'replace', path: '/priority', value: 9 }], at(96));
    expect(patched).toMatchObject({ status: 200, body: { priority: 9, actions: rule.actions } });
    expect(await api.delete(url, at(96))).toMatchObject({ status: 204 });
    expect(await api.get(url, at(96))).toMatchObject({ status: 404 });
  });

  test('what a sensitive rule does is not shown, and it stays sensitive', async () => {
    const { body } = await api.post<{ uuid: string }>('/v1/inspection_rules', { ...rule, sensitive: true }, at(96));
    expect(body).toMatchObject({ sensitive: true, conditions: null, actions: null });
    const url = `/v1/inspection_rules/${body.uuid}`;
    expect(await api.patch(url, [{ op: 'replace', path: '/sensitive', value: false }], at(96))).toMatchObject({
      status: 400,
    });
    // A patch of something else does not lose what it cannot see.
    await api.patch(url, [{ op: 'replace', path: '/description', value: 'x' }], at(96));
    expect((await stage.store.records.find('inspection-rule', body.uuid))?.body['actions']).toEqual(rule.actions);
  });

  test.each([
    ['no actions', { conditions: [] }, "'actions' is a required property"],
    ['an action that does not exist', { actions: [{ op: 'dance', args: {} }] }, "'dance' is not one of"],
    ['an action without what it needs', { actions: [{ op: 'fail', args: {} }] }, 'fail needs the argument msg'],
    ['the priority of a built-in rule', { ...rule, priority: 10_000 }, 'Invalid priority 10000'],
    ['a phase that does not exist', { ...rule, phase: 'early' }, "'early' is not one of"],
  ])('%s is refused', async (_what, body, words) => {
    expect(await api.post('/v1/inspection_rules', body, at(96))).toMatchObject({
      status: 400,
      fault: expect.stringContaining(words),
    });
  });

  test('older clients do not know them', async () => {
    expect(await api.get('/v1/inspection_rules', at(95))).toMatchObject({ status: 404 });
    expect(await api.post('/v1/inspection_rules', rule, at(95))).toMatchObject({ status: 405 });
  });
});

describe('runbook traits (1.112)', () => {
  const steps = [{ interface: 'deploy', step: 'erase_devices_metadata', args: {}, order: 1 }];

  test('a runbook has any name, and nodes with one of its traits may use it', async () => {
    const made = await api.post<{ uuid: string }>(
      '/v1/runbooks',
      { name: 'wipe.v2', steps, description: 'w' },
      at(112),
    );
    expect(made).toMatchObject({ status: 201, body: { name: 'wipe.v2', description: 'w', traits: [] } });
    expect(await api.put('/v1/runbooks/wipe.v2/traits/CUSTOM_W', undefined, at(112))).toMatchObject({ status: 204 });
    expect((await api.get('/v1/runbooks/wipe.v2/traits', at(112))).body).toEqual({ traits: ['CUSTOM_W'] });

    await api.put(`/v1/nodes/${node}/states/provision`, { target: 'manage' });
    await stage.work();
    const clean = { target: 'clean', runbook: 'wipe.v2' };
    expect(await api.put(`/v1/nodes/${node}/states/provision`, clean, at(112))).toMatchObject({ status: 400 });
    await api.put(`/v1/nodes/${node}/traits`, { traits: ['CUSTOM_W'] });
    expect(await api.put(`/v1/nodes/${node}/states/provision`, clean, at(112))).toMatchObject({ status: 202 });

    // Gone is gone, also the second time.
    for (const _time of [1, 2])
      expect(await api.delete('/v1/runbooks/wipe.v2/traits/CUSTOM_W', at(112))).toMatchObject({ status: 204 });
  });

  test('before, its name was a trait and it had no description', async () => {
    expect(await api.post('/v1/runbooks', { name: 'wipe.v3', steps }, at(111))).toMatchObject({ status: 400 });
    expect(await api.post('/v1/runbooks', { name: 'CUSTOM_X', steps, description: 'd' }, at(111))).toMatchObject({
      status: 406,
    });
    expect(await api.get('/v1/runbooks/wipe.v2/traits', at(111))).toMatchObject({ status: 404 });
  });
});

describe('filters of ports and port groups', () => {
  const addresses = async (query: string, minor = 115) =>
    (await api.get<{ ports: { address: string }[] }>(`/v1/ports?${query}`, at(minor))).body.ports.map(
      ({ address }) => address,
    );

  beforeAll(async () => {
    await api.post('/v1/portgroups', { node_uuid: node, name: 'bond0' });
    const group = await api.get<{ uuid: string }>('/v1/portgroups/bond0');
    await api.post(
      '/v1/ports',
      { node_uuid: node, address: '52:54:00:00:00:01', description: 'the 100% port', portgroup_uuid: group.body.uuid },
      at(97),
    );
    await api.post('/v1/ports', { node_uuid: node, address: '52:54:00:00:00:02' });
  });

  test('by part of the description (1.97), by conductor group (1.99), by a port group and its name', async () => {
    expect(await addresses('description_contains=100%25')).toEqual(['52:54:00:00:00:01']);
    expect(await addresses('description_contains=10%25 port')).toEqual([]);
    expect(await addresses('conductor_groups=elsewhere')).toEqual([]);
    expect(await addresses('portgroup=bond0')).toEqual(['52:54:00:00:00:01']);
    expect(await api.get('/v1/ports?description_contains=x', at(96))).toMatchObject({ status: 406 });
    expect(await api.get('/v1/ports?conductor_groups=x', at(98))).toMatchObject({ status: 406 });
  });

  test('port groups by shard (1.106) and conductor group (1.99)', async () => {
    const names = async (query: string) =>
      (await api.get<{ portgroups: unknown[] }>(`/v1/portgroups?${query}`, at(115))).body.portgroups.length;
    expect([await names('shard=north'), await names('shard=south'), await names('conductor_groups=x')]).toEqual([
      1, 0, 0,
    ]);
    expect(await api.get('/v1/portgroups?shard=north', at(105))).toMatchObject({ status: 406 });
  });
});

describe('consoles, virtual interfaces and pass-through', () => {
  test('a console that there is can be switched; one that there is not cannot', async () => {
    const url = `/v1/nodes/${node}/states/console`;
    expect((await api.get(url)).body).toEqual({ console_enabled: false, console_info: null });
    const on = await api.put(url, { enabled: true });
    expect(on).toMatchObject({ status: 202, headers: { location: expect.stringMatching(/states\/console$/) } });
    expect((await api.get(url)).body).toEqual({ console_enabled: true, console_info: {} });
    expect(await api.put(url, { enabled: 'false' })).toMatchObject({ status: 202 });
    await api.post('/v1/nodes', { driver: 'fake-hardware', name: 'plain' });
    expect(await api.put('/v1/nodes/plain/states/console', { enabled: true })).toMatchObject({ status: 400 });
  });

  test('virtual interfaces are taken as the noop network interface takes them', async () => {
    const url = `/v1/nodes/${node}/vifs`;
    expect(await api.post(url, { id: 'v1' })).toMatchObject({ status: 204 });
    expect(await api.post(url, {})).toMatchObject({ status: 400 });
    expect((await api.get(url)).body).toEqual({ vifs: [] });
    expect(await api.delete(`${url}/v1`)).toMatchObject({ status: 204 });
  });

  test('a method of the vendor interface answers as it says: with a result, or later', async () => {
    const url = `/v1/nodes/${node}/vendor_passthru`;
    expect(await api.post(`${url}?method=third_method_sync`, { bar: 'meow' })).toMatchObject({
      status: 200,
      body: true,
    });
    expect(await api.post(`${url}/second_method`, { bar: 'x' })).toMatchObject({ status: 202 });
    expect(await api.post(`${url}/second_method`, {})).toMatchObject({ status: 400 });
    expect(await api.get(`${url}/second_method`)).toMatchObject({
      status: 400,
      fault: expect.stringContaining('HTTP GET'),
    });
    expect(await api.post(`${url}/nothing`, {})).toMatchObject({ status: 400, fault: 'No handler for method nothing' });
    expect(await api.post('/v1/drivers/fake-hardware/vendor_passthru?method=x', {})).toMatchObject({ status: 400 });
  });
});
