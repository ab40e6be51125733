// What Ironic 39.0 refuses, and how: every row was asked of it as well.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { call, type Caller } from './call.ts';
import { openStage, type Stage } from './replay/stage.ts';

let stage: Stage;
let api: Caller;
let node: string;
let ownGroup: string;
let otherGroup: string;
let serial = 0;
const at = (minor: number) => ({ version: `1.${minor}` });
const absent = '66666666-6666-4666-8666-666666666666';
const mac = () => `52:54:00:00:01:${(serial += 1).toString(16).padStart(2, '0')}`;
const made = async (path: string, body: object) => (await api.post<{ uuid: string }>(path, body, at(115))).body.uuid;

beforeAll(async () => {
  stage = await openStage();
  api = call(stage.rest);
  node = await made('/v1/nodes', { driver: 'fake-hardware', name: 'one' });
  const other = await made('/v1/nodes', { driver: 'fake-hardware' });
  ownGroup = await made('/v1/portgroups', { node_uuid: node });
  otherGroup = await made('/v1/portgroups', { node_uuid: other });
});
afterAll(() => stage.close());

describe('network_data', () => {
  const whole = (parts: object) => ({ links: [], networks: [], services: [], ...parts });
  const link = (more: object) => whole({ links: [{ id: 'a', ethernet_mac_address: '00:11:22:33:44:55', ...more }] });
  const network = (more: object) =>
    whole({ networks: [{ id: 'n', link: 'a', network_id: 'i', type: 'ipv4', ...more }] });

  test.each<[string, unknown]>([
    ['nothing', {}],
    ['empty parts', whole({})],
    ['more than its parts', whole({ x: 1 })],
    ['a card', link({ type: 'phy', mtu: 1500 })],
    ['a bond', link({ type: 'bond', bond_mode: '802.3ad', bond_links: ['a'] })],
    [
      'a VLAN',
      whole({ links: [{ id: 'v', type: 'vlan', vlan_mac_address: 'AA-BB-CC-00-11-22', vlan_id: 1, vlan_link: 'a' }] }),
    ],
    ['a network with nothing but a type', network({ type: 'ipv4_dhcp', foo: 1 })],
    ['an IPv4 network', network({ ip_address: '192.0.2.4', netmask: '255.255.254.0', routes: [] })],
    ['an IPv6 network', network({ type: 'ipv6', ip_address: 'fe80::1/64', netmask: 'ffff::' })],
    ['a route', network({ routes: [{ network: '0.0.0.0', netmask: '0.0.0.0', gateway: '192.0.2.1' }] })],
    [
      'name servers',
      whole({
        services: [
          { type: 'dns', address: '192.0.2.1' },
          { type: 'dns', address: '2001:db8::1' },
        ],
      }),
    ],
  ])('takes %s', async (_what, data) => {
    expect(await api.post('/v1/nodes', { driver: 'fake-hardware', network_data: data })).toMatchObject({ status: 201 });
  });

  test.each<[string, unknown, names: string]>([
    ['a list', [], "[] is not of type 'object'"],
    ['a part of it alone', { links: [] }, 'networks'],
    ['links that are no list', whole({ links: 'x' }), "'x'"],
    ['a card without an address', whole({ links: [{ id: 'a', type: 'phy' }] }), 'ethernet_mac_address'],
    ['an unknown kind of link', link({ type: 'bogus' }), 'links[0].type'],
    ['an address that is none', link({ type: 'phy', ethernet_mac_address: 'aabb' }), "'aabb'"],
    ['frames of nothing', link({ type: 'phy', mtu: 0 }), 'minimum'],
    ['a bond without a mode', link({ type: 'bond', bond_links: [] }), 'bond_mode'],
    ['an unknown mode', link({ type: 'bond', bond_mode: 'x', bond_links: [] }), "'x'"],
    [
      'a VLAN in words',
      whole({
        links: [{ id: 'v', type: 'vlan', vlan_mac_address: '00:11:22:33:44:55', vlan_id: '1', vlan_link: 'a' }],
      }),
      "'1'",
    ],
    ['a network without a link', whole({ networks: [{ id: 'n', network_id: 'i', type: 'ipv4' }] }), "'link'"],
    ['an IPv4 address with a length', network({ ip_address: '192.0.2.4/24' }), 'networks[0].ip_address'],
    ['a mask with a hole', network({ netmask: '255.255.0.255' }), 'networks[0].netmask'],
    ['a mask of another family', network({ type: 'ipv6', netmask: '64' }), 'networks[0].netmask'],
    ['an address of another family', network({ type: 'ipv6', ip_address: '192.0.2.4' }), 'networks[0].ip_address'],
    ['a route to nowhere', network({ routes: [{ network: '0.0.0.0', netmask: '0.0.0.0' }] }), 'routes[0].gateway'],
    ['a service other than DNS', whole({ services: [{ type: 'ntp', address: '192.0.2.1' }] }), 'services[0].type'],
  ])('refuses %s, and says where', async (_what, data, names) => {
    const refused = { status: 400, fault: expect.stringContaining(names) };
    expect(await api.post('/v1/nodes', { driver: 'fake-hardware', network_data: data })).toMatchObject(refused);
    const patch = [{ op: 'add', path: '/network_data', value: data }];
    expect(await api.patch(`/v1/nodes/${node}`, patch)).toMatchObject(refused);
  });
});

describe('local_link_connection', () => {
  const link = (value: unknown, minor = 115) =>
    api.post('/v1/ports', { node_uuid: node, address: mac(), local_link_connection: value }, at(minor));
  const ofSwitch = { switch_id: '52:54:00:00:00:01', port_id: 'x' };
  const ofGateway = { port_id: 'p', 'vtep-logical-switch': 'a', 'vtep-physical-switch': 'b' };

  test.each<[string, unknown, minor?: number]>([
    ['nothing', {}],
    ['null', null],
    ['the port of a switch', { ...ofSwitch, switch_info: 'rack 1', network_type: 'managed' }],
    ['a datapath id', { ...ofSwitch, switch_id: '0123456789ABCDEF' }],
    ['a smart NIC', { port_id: 'x', hostname: 'h' }],
    ['a link that nobody manages', { network_type: 'unmanaged' }],
    ['the port of an OVN gateway in its days', ofGateway, 104],
  ])('takes %s', async (_what, value, ...[minor]) => {
    expect(await link(value, minor)).toMatchObject({ status: 201 });
  });

  test.each<[string, unknown, status?: number, minor?: number]>([
    ['an unknown key', { bogus: 1 }],
    ['an unknown key beside known ones', { ...ofSwitch, bogus: 1 }],
    ['a switch without a port', { switch_id: ofSwitch.switch_id }],
    ['a host without a port', { hostname: 'h' }],
    ['a managed link to nothing', { network_type: 'managed' }],
    ['a port in numbers', { ...ofSwitch, port_id: 1 }],
    ['a switch id that is none', { ...ofSwitch, switch_id: 'zz' }],
    ['dashes in the address of a switch', { ...ofSwitch, switch_id: '52-54-00-00-00-01' }],
    ['OVN gateways before 1.90', ofGateway, 406, 89],
    ['OVN gateways from 1.105 on', ofGateway, 406, 105],
  ])('refuses %s', async (_what, value, ...[status = 400, minor]) => {
    expect(await link(value, minor)).toMatchObject({ status });
  });

  test('keeps the address of a switch in lower case', async () => {
    expect(await link({ ...ofSwitch, switch_id: 'AB:54:00:00:00:0F' })).toMatchObject({
      body: { local_link_connection: { switch_id: 'ab:54:00:00:00:0f' } },
    });
  });
});

test.each<[string, group: () => string, status: number, fault: string]>([
  ['of its node', () => ownGroup, 201, ''],
  ['of another node', () => otherGroup, 400, 'Port can not be added to a portgroup belonging to a different node.'],
  ['that is not there', () => absent, 400, `Portgroup ${absent} could not be found.`],
  ['by a name', () => 'bond', 400, 'Expected UUID for portgroup_uuid: bond'],
])('a port joins a group %s or not at all', async (_which, group, status, fault) => {
  const asked = { node_uuid: node, address: mac(), portgroup_uuid: group() };
  expect(await api.post('/v1/ports', asked)).toMatchObject({ status, ...(fault === '' ? {} : { fault }) });
  const port = await made('/v1/ports', { node_uuid: node, address: mac() });
  const patch = [{ op: 'add', path: '/portgroup_uuid', value: group() }];
  expect((await api.patch(`/v1/ports/${port}`, patch)).status).toBe(status === 201 ? 200 : status);
});

test.each([
  ['a b', 400],
  ['a/b', 400],
  ['ä', 400],
  ['a'.repeat(256), 400],
  ['a.b-c_d~e', 201],
  ['55555555-5555-4555-8555-555555555555', 201],
])('a port group named %s is answered %i', async (name, status) => {
  expect(await api.post('/v1/portgroups', { node_uuid: node, name })).toMatchObject({ status });
  const patch = [{ op: 'add', path: '/name', value: `${name}2` }];
  expect((await api.patch(`/v1/portgroups/${ownGroup}`, patch)).status).toBe(status === 201 ? 200 : status);
});

test('a port moves to a node that is there, or not at all', async () => {
  const port = await made('/v1/ports', { node_uuid: node, address: mac() });
  const patch = [{ op: 'replace', path: '/node_uuid', value: absent }];
  expect(await api.patch(`/v1/ports/${port}`, patch)).toMatchObject({
    status: 400,
    fault: `Unable to apply the requested node_uuid '${absent}'. Requested value was invalid.`,
  });
});

test.each([
  [89, { node_uuid: true, node_ident: true }, 400],
  [94, { node_uuid: true, node_ident: true }, 400],
  [93, { node_ident: true }, 406],
  [94, { node_ident: true }, 201],
  [94, {}, 400],
])('at 1.%i a port whose node is given by %j is answered %i', async (minor, by, status) => {
  const body = { address: mac(), ...Object.fromEntries(Object.keys(by).map((name) => [name, node])) };
  expect(await api.post('/v1/ports', body, at(minor))).toMatchObject({ status });
});

type Method = 'get' | 'delete' | 'patch';
test.each<[Method, path: string, fault: string]>([
  ['delete', 'ports/eth0', 'Expected UUID for port_uuid: eth0'],
  ['get', 'ports/a%20b', 'Expected UUID or name for port_ident: a b'],
  ['get', 'portgroups/a%20b', 'Expected UUID or name for portgroup: a b'],
  ['get', 'deploy_templates/a%20b', 'Expected UUID or name for template_ident: a b'],
  ['get', 'runbooks/a%20b', 'Expected UUID or name for runbook_ident: a b'],
  ...(['get', 'delete', 'patch'] as const).flatMap((method): ReadonlyArray<[Method, string, string]> => [
    [method, 'chassis/rack', 'Expected UUID for chassis_uuid: rack'],
    [method, 'inspection_rules/r', 'Expected UUID for inspection_rule_uuid: r'],
    [method, 'volume/connectors/c', 'Expected UUID for connector_uuid: c'],
    [method, 'volume/targets/t', 'Expected UUID for target_uuid: t'],
  ]),
])('%s /v1/%s takes no such word', async (method, path, fault) => {
  const url = `/v1/${path}`;
  const reply = await (method === 'patch' ? api.patch(url, [], at(115)) : api[method](url, at(115)));
  expect(reply).toMatchObject({ status: 400, fault });
});

test('volumes of a node change while its power is known to be off, and not before', async () => {
  const url = `/v1/volume/connectors/${await made('/v1/volume/connectors', { node_uuid: node, type: 'iqn', connector_id: 'i' })}`;
  const patch = [{ op: 'add', path: '/extra/a', value: 1 }];
  const refused = (state: string) => ({
    status: 400,
    fault: `The requested action "volume connector update" can not be performed on node "${node}" while it is in state "${state}".`,
  });
  expect(await api.patch(url, patch)).toMatchObject(refused('None'));
  await stage.store.nodes.change(node, () => ({ patch: { powerState: 'power on' } }));
  expect(await api.patch(url, patch)).toMatchObject(refused('power on'));
  await stage.store.nodes.change(node, () => ({ patch: { powerState: 'power off' } }));
  expect(await api.patch(url, patch)).toMatchObject({ status: 200, body: { extra: { a: 1 } } });
});

describe('events of the network service', () => {
  const event = { event: 'network.bind_port', port_id: absent, mac_address: 'de:ad:ca:fe:ba:be', status: 'ACTIVE' };
  test.each<[unknown, status: number]>([
    [{ events: [event] }, 204],
    [{ events: [{ ...event, status: 'WHATEVER', device_id: absent, 'binding:host_id': absent }] }, 204],
    [{ events: [{ ...event, port_id: 'p' }] }, 400],
    [{ events: [{ ...event, mac_address: 'm' }] }, 400],
    [{ events: [{ ...event, device_id: 'd' }] }, 400],
    [{ events: [{ ...event, bogus: 1 }] }, 400],
    [{ events: [{ event: 'other' }] }, 400],
    [{ events: [event], bogus: 1 }, 400],
    [{}, 400],
  ])('%j is answered %i', async (body, status) => {
    expect(await api.post('/v1/events', body)).toMatchObject({ status });
  });
});

test('virtual media are not shown of hardware that has none', async () => {
  expect(await api.get(`/v1/nodes/${node}/vmedia`, at(93))).toMatchObject({
    status: 400,
    fault: 'Driver fake-hardware does not support get_virtual_media (disabled or not implemented).',
  });
});

test('fake hardware takes virtual media and lets go of them', async () => {
  const medium = { device_type: 'cdrom', image_url: 'http://image' };
  expect(await api.post(`/v1/nodes/${node}/vmedia`, medium, at(89))).toMatchObject({ status: 204 });
  expect(await api.delete(`/v1/nodes/${node}/vmedia`, at(89))).toMatchObject({ status: 204 });
});

test('BIOS settings take no arguments before 1.74', async () => {
  for (const query of ['detail=true', 'fields=name']) {
    expect(await api.get(`/v1/nodes/${node}/bios?${query}`, at(73))).toMatchObject({ status: 400 });
    expect(await api.get(`/v1/nodes/${node}/bios?${query}`, at(74))).toMatchObject({ status: 200 });
  }
});

test.each([
  ['', 201],
  ['x', 406],
])('at 1.45 a node of the conductor group "%s" is answered %i', async (group, status) => {
  const asked = { driver: 'fake-hardware', conductor_group: group };
  expect(await api.post('/v1/nodes', asked, at(45))).toMatchObject({ status });
});

test('a patch of a chassis that changes nothing counts as a change', async () => {
  const uuid = await made('/v1/chassis', { description: 'rack' });
  expect(await api.patch(`/v1/chassis/${uuid}`, [])).toMatchObject({ body: { updated_at: expect.any(String) } });
});
