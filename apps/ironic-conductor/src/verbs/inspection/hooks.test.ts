import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import type { InspectionPayload } from '@metal3/agent';
import { type JsonObject, macAddress, type Port } from '@metal3/node';
import { bootMac, digest, type PortPolicy } from './hooks.ts';

/** What ironic-python-agent 13.0.0 posted from a virtual machine, without logs and the longer collections. */
const payload = JSON.parse(
  readFileSync(new URL('../../../test/fixtures/inspection-of-a-real-agent.json', import.meta.url), 'utf8'),
) as InspectionPayload;
const metal3: PortPolicy = { add: 'all', keep: 'present' };
const known = { properties: { capabilities: 'boot_mode:uefi' }, ports: [] };
const port = (address: string, pxeEnabled = true) =>
  ({ uuid: address, address: macAddress(address), pxeEnabled, localLinkConnection: {} }) as unknown as Port;

function result(payloadGiven: InspectionPayload, policy = metal3, ports: readonly Port[] = []) {
  const verdict = digest(payloadGiven, { ...known, ports }, policy);
  if (verdict.kind === 'problem') throw new Error(verdict.message);
  return verdict.result;
}
const withInventory = (more: object): InspectionPayload => ({
  ...payload,
  inventory: { ...payload.inventory, ...more },
});
const nic = (name: string, mac: string | null, ip: string | null = null) => ({
  name,
  mac_address: mac,
  ipv4_address: ip,
});

test('the report of a real agent gives the architecture, a port that boots by PXE, and an inventory without logs', () => {
  const { properties, ports, inventory, pluginData } = result({ ...payload, logs: 'H4sI' });
  expect(properties).toEqual({ capabilities: 'boot_mode:uefi', cpu_arch: 'x86_64' });
  expect(ports).toEqual({
    create: [{ address: '52:54:00:12:34:56', pxeEnabled: true, extra: {} }],
    remove: [],
    update: [],
  });
  expect(inventory['hostname']).toBe('ipa-ramdisk');
  expect(pluginData).not.toHaveProperty('logs');
  expect(pluginData['macs']).toEqual(['52:54:00:12:34:56']);
});

test('ports of addresses that were not reported are removed, and only the interface that booted stays enabled for PXE', () => {
  const interfaces = [nic('eth0', '52:54:00:12:34:56'), nic('eth1', '52:54:00:00:00:02')];
  const ports = [port('52:54:00:00:00:02'), port('52:54:00:00:00:99')];
  const changes = result(withInventory({ interfaces }), metal3, ports).ports;
  expect(changes.remove.map(({ address }) => address)).toEqual(['52:54:00:00:00:99']);
  expect(changes.update.map(({ port: { address }, pxeEnabled }) => [address, pxeEnabled])).toEqual([
    ['52:54:00:00:00:02', false],
  ]);
  expect(changes.create.map(({ address }) => address)).toEqual(['52:54:00:12:34:56']);
});

test.each<[PortPolicy['add'], string[]]>([
  ['all', ['52:54:00:12:34:56', '52:54:00:00:00:02', '52:54:00:00:00:03']],
  ['active', ['52:54:00:00:00:02']],
  ['pxe', ['52:54:00:12:34:56']],
  ['disabled', []],
])('add_ports=%s makes ports of the right interfaces', (add, expected) => {
  const interfaces = [
    nic('eth0', '52:54:00:12:34:56'),
    nic('eth1', '52:54:00:00:00:02', '192.0.2.7'),
    nic('eth2', '52:54:00:00:00:03'),
    nic('lo', '00:00:00:00:00:01', '127.0.0.1'),
    nic('bad', null),
  ];
  const { create } = result(withInventory({ interfaces }), { add, keep: 'all' }).ports;
  expect(create.map(({ address }) => address)).toEqual(expected);
});

test('a machine that booted from virtual media keeps every interface enabled for PXE', () => {
  const interfaces = [nic('eth0', '52:54:00:12:34:56')];
  const report = { ...withInventory({ interfaces, boot: { pxe_interface: null } }), boot_interface: null };
  expect(result(report, metal3, [port('52:54:00:12:34:56', false)]).ports).toEqual({
    create: [],
    remove: [],
    update: [],
  });
});

test('all objections are collected into one message', () => {
  const report = { ...withInventory({ interfaces: [nic('lo', null)], cpu: {} }), error: 'no disks' };
  expect(digest(report, known, metal3)).toEqual({
    kind: 'problem',
    message:
      'Inspection failed: Ramdisk reported error: no disks; No valid network interfaces; ' +
      'No CPU architecture in the inventory: inventory.cpu.architecture is missing',
  });
});

describe('what switches say by LLDP', () => {
  const mac = '52:54:00:12:34:56';
  const link = { switch_id: '00:04:96:12:34:56', port_id: 'Ethernet1', switch_info: 'leaf-1' };
  const frame = [
    [1, '04000496123456'],
    [2, `05${Buffer.from('Ethernet1').toString('hex')}`],
    [5, Buffer.from('leaf-1').toString('hex')],
  ];
  const report = { ...withInventory({ interfaces: [nic('eth0', mac)] }), lldp_raw: { eth0: frame } };
  const linkOf = (localLinkConnection: JsonObject) =>
    result(report, metal3, [{ ...port(mac, false), localLinkConnection }]).ports.update[0]?.localLinkConnection;

  test('is kept beside the inventory, and says where a new port leads to', () => {
    const { ports, pluginData } = result(report);
    expect(ports.create).toMatchObject([{ address: mac, localLinkConnection: link }]);
    expect(pluginData['parsed_lldp']).toEqual({
      eth0: { switch_chassis_id: link.switch_id, switch_port_id: 'Ethernet1', switch_system_name: 'leaf-1' },
    });
  });

  test('is also taken from where older agents put it', () => {
    const interfaces = [{ ...nic('eth0', mac), lldp: frame }];
    expect(result(withInventory({ interfaces })).ports.create).toMatchObject([{ localLinkConnection: link }]);
  });

  test('completes what is known of a port, and overwrites nothing', () => {
    expect(linkOf({})).toEqual(link);
    expect(linkOf({ port_id: 'mine', network_type: 'unmanaged' })).toEqual({
      ...link,
      port_id: 'mine',
      network_type: 'unmanaged',
    });
    expect(linkOf({ ...link, port_id: 'mine' })).toBeUndefined();
  });

  test('names no switch that does not name itself by its address', () => {
    const named = { ...report, lldp_raw: { eth0: [[1, '07616263'], frame[1]] } };
    expect(result(named).ports.create[0]).not.toHaveProperty('localLinkConnection');
    expect(result(named).pluginData['parsed_lldp']).toMatchObject({ eth0: { switch_chassis_id: 'abc' } });
  });

  test('is nothing where nothing was caught', () => {
    expect(result({ ...report, lldp_raw: {} }).pluginData).not.toHaveProperty('parsed_lldp');
  });
});

test.each([
  ['01-52-54-00-12-34-56', '52:54:00:12:34:56'],
  ['52-54-00-12-34-56', '52:54:00:12:34:56'],
  ['52:54:00:12:34:56', '52:54:00:12:34:56'],
  ['eth0', undefined],
  [undefined, undefined],
])('the boot interface %p is the address %p', (reported, expected) => {
  expect(bootMac(reported)).toBe(expected);
});
