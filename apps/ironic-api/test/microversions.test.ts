import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { call, type Caller } from './call.ts';
import { openStage, type Stage } from './replay/stage.ts';

let stage: Stage;
let api: Caller;
let node: string;
let port: string;
const at = (minor: number) => ({ version: `1.${minor}` });

beforeAll(async () => {
  stage = await openStage();
  api = call(stage.rest);
  node = (await api.post<{ uuid: string }>('/v1/nodes', { driver: 'fake-hardware', name: 'one' })).body.uuid;
  const address = '52:54:00:00:00:01';
  port = (await api.post<{ uuid: string }>('/v1/ports', { node_uuid: node, address, name: 'p' })).body.uuid;
  await api.post('/v1/portgroups', { node_uuid: node, name: 'bond' });
});
afterAll(() => stage.close());

const filled = (path: string) => path.replace('{node}', node).replace('{port}', port);

/** The minor version that brought an attribute of a node. */
const nodeFields: ReadonlyArray<readonly [field: string, since: number]> = [
  ['driver_internal_info', 3],
  ['name', 5],
  ['inspection_started_at', 6],
  ['inspection_finished_at', 6],
  ['clean_step', 7],
  ['raid_config', 12],
  ['target_raid_config', 12],
  ['states', 14],
  ['network_interface', 20],
  ['resource_class', 21],
  ['portgroups', 24],
  ['boot_interface', 31],
  ['console_interface', 31],
  ['deploy_interface', 31],
  ['inspect_interface', 31],
  ['management_interface', 31],
  ['power_interface', 31],
  ['raid_interface', 31],
  ['vendor_interface', 31],
  ['volume', 32],
  ['storage_interface', 33],
  ['traits', 37],
  ['rescue_interface', 38],
  ['bios_interface', 40],
  ['fault', 42],
  ['deploy_step', 44],
  ['conductor_group', 46],
  ['automated_clean', 47],
  ['protected', 48],
  ['protected_reason', 48],
  ['conductor', 49],
  ['owner', 50],
  ['description', 51],
  ['allocation_uuid', 52],
  ['retired', 61],
  ['retired_reason', 61],
  ['lessee', 65],
  ['network_data', 66],
  ['boot_mode', 75],
  ['secure_boot', 75],
  ['shard', 82],
  ['parent_node', 83],
  ['firmware_interface', 86],
  ['service_step', 87],
  ['disable_power_off', 95],
  ['instance_name', 104],
  ['health', 109],
];
/** Attributes that are places, which nobody asks for by name. */
const places = new Set(['states', 'portgroups', 'volume']);

test.each(nodeFields)('the attribute %s of a node is shown from 1.%i on, and not before', async (field, since) => {
  expect((await api.get(`/v1/nodes/${node}`, at(since))).body).toHaveProperty(field);
  expect((await api.get(`/v1/nodes/${node}`, at(since - 1))).body).not.toHaveProperty(field);
  if (places.has(field) || since <= 8) return;
  expect(await api.get(`/v1/nodes?fields=${field}`, at(since))).toMatchObject({ status: 200 });
  expect(await api.get(`/v1/nodes?fields=${field}`, at(since - 1))).toMatchObject({ status: 406 });
});

test.each<[field: string, since: number]>([
  ['internal_info', 18],
  ['local_link_connection', 19],
  ['pxe_enabled', 19],
  ['portgroup_uuid', 24],
  ['physical_network', 34],
  ['is_smartnic', 53],
  ['name', 88],
  ['description', 97],
  ['vendor', 100],
  ['category', 101],
  ['available_for_dynamic_portgroup', 111],
])('the attribute %s of a port is shown from 1.%i on, and not before', async (field, since) => {
  expect((await api.get(`/v1/ports/${port}`, at(since))).body).toHaveProperty(field);
  expect((await api.get(`/v1/ports/${port}`, at(since - 1))).body).not.toHaveProperty(field);
  expect(await api.get(`/v1/ports?fields=${field}`, at(since - 1))).toMatchObject({ status: 406 });
});

test.each<[parameter: string, since: number, before?: number]>([
  ['/v1/nodes?fields=uuid', 8],
  ['/v1/nodes?provision_state=enroll', 9],
  ['/v1/nodes?driver=fake-hardware', 16],
  ['/v1/nodes?resource_class=x', 21],
  ['/v1/nodes?fault=power+failure', 42],
  ['/v1/nodes?detail=true', 43, 400],
  ['/v1/nodes?conductor_group=', 46],
  ['/v1/nodes?conductor=x', 49],
  ['/v1/nodes?owner=x', 50],
  ['/v1/nodes?lessee=x', 65],
  ['/v1/nodes?shard=x', 82],
  ['/v1/nodes?sharded=true', 82],
  ['/v1/nodes?include_children=true', 83],
  ['/v1/nodes?parent_node={node}', 83],
  ['/v1/nodes?instance_name=x', 104],
  ['/v1/ports?node=one', 6],
  ['/v1/ports?fields=uuid', 8],
  ['/v1/ports?portgroup=bond', 24],
  ['/v1/ports?detail=true', 43, 400],
  ['/v1/ports?shard=x', 82],
  ['/v1/ports?description_contains=x', 97],
  ['/v1/ports?conductor_groups=x', 99],
  ['/v1/portgroups?detail=true', 43, 400],
  ['/v1/portgroups?conductor_groups=x', 99],
  ['/v1/portgroups?shard=x', 106],
  ['/v1/chassis?fields=uuid', 8],
  ['/v1/chassis?detail=true', 43, 400],
  ['/v1/volume/connectors?detail=true', 32, 404],
  ['/v1/volume/targets?detail=true', 32, 404],
  ['/v1/drivers?detail=true', 30],
  ['/v1/drivers?fields=name', 77],
  ['/v1/allocations?owner=x', 60],
])('%s is answered from 1.%i on', async (path, since, ...[before = 406]) => {
  expect(await api.get(filled(path), at(since))).toMatchObject({ status: 200 });
  expect(await api.get(filled(path), at(since - 1))).toMatchObject({ status: before });
});

type Method = 'get' | 'put' | 'post' | 'delete';
/** What there is from a version on, and what those before it are told instead. */
const routes: ReadonlyArray<readonly [Method, path: string, since: number, before: number, body?: unknown]> = [
  ['put', '/v1/nodes/{node}/states/raid', 12, 406, {}],
  ['get', '/v1/drivers/fake-hardware/raid/logical_disk_properties', 12, 406],
  ['get', '/v1/lookup?node_uuid={node}', 22, 404],
  ['get', '/v1/portgroups', 23, 404],
  ['get', '/v1/nodes/{node}/portgroups', 24, 404],
  ['get', '/v1/nodes/{node}/portgroups/detail', 24, 404],
  ['get', '/v1/nodes/{node}/vifs', 28, 404],
  ['put', '/v1/nodes/{node}/management/inject_nmi', 29, 404, {}],
  ['get', '/v1/volume', 32, 404],
  ['get', '/v1/volume/connectors', 32, 404],
  ['get', '/v1/nodes/{node}/volume/targets', 32, 404],
  ['get', '/v1/nodes/{node}/traits', 37, 406],
  ['put', '/v1/nodes/{node}/traits', 37, 405, { traits: [] }],
  ['delete', '/v1/nodes/{node}/traits', 37, 404],
  ['get', '/v1/nodes/{node}/bios', 40, 404],
  ['get', '/v1/conductors', 49, 404],
  ['get', '/v1/allocations', 52, 404],
  ['post', '/v1/allocations', 52, 405, { resource_class: 'x' }],
  ['post', '/v1/events', 54, 404, {}],
  ['get', '/v1/deploy_templates', 55, 404],
  ['post', '/v1/deploy_templates', 55, 405, {}],
  ['put', '/v1/nodes/{node}/states/boot_mode', 76, 404, { target: 'uefi' }],
  ['put', '/v1/nodes/{node}/states/secure_boot', 76, 404, { target: true }],
  ['get', '/v1/nodes/{node}/history', 78, 404],
  ['get', '/v1/shards', 82, 404],
  ['get', '/v1/nodes/{node}/children', 83, 404],
  ['get', '/v1/nodes/{node}/firmware', 86, 404],
  ['delete', '/v1/nodes/{node}/vmedia', 89, 404],
  ['get', '/v1/runbooks', 92, 404],
  ['post', '/v1/runbooks', 92, 405, {}],
  ['get', '/v1/inspection_rules', 96, 404],
  ['post', '/v1/inspection_rules', 96, 405, {}],
];
test.each(routes)(
  '%s %s exists from 1.%i on; before, the answer is %i',
  async (method, path, since, before, ...[body]) => {
    const ask = (minor: number) =>
      method === 'get' || method === 'delete'
        ? api[method](filled(path), at(minor))
        : api[method](filled(path), body, at(minor));
    expect(await ask(since - 1)).toMatchObject({ status: before });
    expect([404, 405, 406]).not.toContain((await ask(since)).status);
  },
);

test.each<[target: string, since: number]>([
  ['manage', 4],
  ['provide', 4],
  ['inspect', 6],
  ['abort', 13],
  ['clean', 15],
  ['adopt', 17],
  ['rescue', 38],
  ['unrescue', 38],
  ['deploy', 73],
  ['undeploy', 73],
  ['unhold', 85],
  ['service', 87],
])('the verb %s came with 1.%i', async (target, since) => {
  const url = `/v1/nodes/${node}/states/provision`;
  // "manage" would be carried out; a node in its place says as much.
  const impossible = target === 'manage' ? { target, bogus: 1 } : { target };
  expect((await api.put(url, { target }, at(since - 1))).status).toBe(406);
  expect((await api.put(url, impossible, at(since))).status).toBe(400);
});

test.each(['ports', 'ports/detail', 'portgroups', 'volume/connectors', 'volume/targets'])(
  '/v1/nodes/{node}/%s takes the UUID of a node, and no name',
  async (collection) => {
    expect(await api.get(`/v1/nodes/${node}/${collection}`, at(115))).toMatchObject({ status: 200 });
    expect(await api.get(`/v1/nodes/one/${collection}`, at(115))).toMatchObject({
      status: 404,
      fault: 'Node one could not be found.',
    });
  },
);

test('the ports of a port group are found by its UUID alone, and a port of a node at /v1/ports', async () => {
  expect(await api.get('/v1/portgroups/bond/ports', at(115))).toMatchObject({ status: 404 });
  expect(await api.get(`/v1/nodes/${node}/ports/${port}`, at(115))).toMatchObject({ status: 400 });
});

test('a list of allocations shows all there is of each', async () => {
  await api.post('/v1/allocations', { name: 'a', resource_class: 'none' }, at(115));
  const { allocations } = (await api.get<{ allocations: object[] }>('/v1/allocations', at(115))).body;
  expect(allocations.at(-1)).toMatchObject({ name: 'a', candidate_nodes: [], traits: [], extra: {}, owner: null });
});

test('lamps have names of their own within their component, and say which states they take', async () => {
  const url = `/v1/nodes/one/management/indicators`;
  expect((await api.get(url)).body).toMatchObject({
    indicators: [
      {
        name: 'led@system',
        component: 'system',
        readonly: false,
        states: ['off', 'on'],
        links: [
          { href: expect.stringMatching(/\/v1\/nodes\/one\/management\/indicators\/led@system$/), rel: 'self' },
          {},
        ],
      },
    ],
  });
  expect(await api.get(`${url}/led@system`)).toMatchObject({ status: 200, body: { state: 'on' } });
  expect(await api.put(`${url}/led@system`, { state: 'off' })).toMatchObject({ status: 204 });
  expect(await api.put(`${url}/led@system`, {})).toMatchObject({
    status: 400,
    fault: expect.stringContaining('state'),
  });
  expect(await api.get(`${url}/led`)).toMatchObject({ status: 400, fault: expect.stringContaining('Malformed') });
});
