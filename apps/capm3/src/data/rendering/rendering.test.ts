import { describe, expect, test } from '@jest/globals';
import type { Metal3DataTemplateSpec } from '@metal3/metal3-api';
import { parse } from 'yaml';
import { aHost, aMachine, aMetal3Machine } from '../../machine/testing.ts';
import { renderMetaData } from './meta-data.ts';
import { netmask } from './netmask.ts';
import { renderNetworkData } from './network-data.ts';
import { poolsOf, type PoolAddress, type PoolAddresses } from './pools.ts';
import type { Subjects } from './subjects.ts';
import { yamlText } from './text.ts';

const host = aHost('host-0', {
  spec: { bootMACAddress: '52:54:00:00:00:01' },
  metadata: {
    name: 'host-0',
    namespace: 'metal3',
    labels: { rack: 'r1' },
    annotations: { mac: '12-34-56-78-9a-bc', pool: 'special' },
  },
});
const subjects: Subjects = {
  machine: aMachine(),
  metal3machine: aMetal3Machine(),
  baremetalhost: {
    ...host,
    status: { ...host.status, hardware: { nics: [{ name: 'eth0', mac: '12:34:56:78:9A:BC' }] } } as NonNullable<
      typeof host.status
    >,
  },
};
const given = (address: string, more: Partial<PoolAddress> = {}): PoolAddress => ({
  address,
  prefix: 24,
  gateway: '192.168.0.1',
  dnsServers: ['8.8.8.8'],
  ...more,
});
const addresses: PoolAddresses = new Map([
  ['four', given('192.168.0.14')],
  ['six', given('2001::a', { prefix: 64, gateway: 'fe80::1', dnsServers: ['2001::53'] })],
  ['special', given('10.0.0.5', { prefix: undefined, gateway: undefined, dnsServers: [] })],
]);
const metaData = (template: NonNullable<Metal3DataTemplateSpec['metaData']>) =>
  renderMetaData(template, { subjects, addresses, index: 2, namespace: 'metal3' });
const networkData = (template: NonNullable<Metal3DataTemplateSpec['networkData']>) =>
  renderNetworkData(template, subjects, addresses);

describe('metadata', () => {
  test('has every kind of value', () => {
    expect(
      metaData({
        strings: [{ key: 'literal', value: 'as it is' }],
        objectNames: [
          { key: 'name', object: 'machine' },
          { key: 'host', object: 'baremetalhost' },
        ],
        indexes: [
          { key: 'local-hostname', prefix: 'node-', offset: 0, step: 1 },
          { key: 'port', offset: 100, step: 10, suffix: '/tcp' },
        ],
        namespaces: [{ key: 'ns' }],
        ipAddressesFromPool: [{ key: 'ip', name: 'four' }],
        prefixesFromPool: [
          { key: 'prefix', name: 'four' },
          { key: 'no-prefix', name: 'special' },
        ],
        gatewaysFromPool: [{ key: 'gateway', name: 'six' }],
        dnsServersFromPool: [{ key: 'dns', name: 'four' }],
        fromHostInterfaces: [
          { key: 'mac', interface: 'eth0' },
          { key: 'boot', fromBootMAC: true },
        ],
        fromLabels: [
          { key: 'rack', object: 'baremetalhost', label: 'rack' },
          { key: 'none', object: 'machine', label: 'rack' },
        ],
        fromAnnotations: [{ key: 'noted', object: 'baremetalhost', annotation: 'pool' }],
      }),
    ).toEqual({
      literal: 'as it is',
      name: 'worker-1',
      host: 'host-0',
      'local-hostname': 'node-2',
      port: '120/tcp',
      ns: 'metal3',
      ip: '192.168.0.14',
      prefix: '24',
      'no-prefix': '',
      gateway: 'fe80::1',
      dns: '8.8.8.8',
      mac: '12:34:56:78:9A:BC',
      boot: '52:54:00:00:00:01',
      rack: 'r1',
      none: '',
      noted: 'special',
      providerid: 'metal3/host-0/worker-1',
    });
  });

  test('the literal wins where several parts give one key', () => {
    expect(
      metaData({ strings: [{ key: 'name', value: 'mine' }], objectNames: [{ key: 'name', object: 'machine' }] })[
        'name'
      ],
    ).toBe('mine');
  });

  test('is written so that numbers stay text for readers of YAML 1.1', () => {
    const text = yamlText({ prefix: '24', on: 'yes', time: '1:30', ip: '192.168.0.14' });
    expect(text).toBe('ip: 192.168.0.14\n"on": "yes"\nprefix: "24"\ntime: "1:30"\n');
    expect(parse(text)).toEqual({ prefix: '24', on: 'yes', time: '1:30', ip: '192.168.0.14' });
  });

  test.each([
    [
      'a NIC that there is not',
      { fromHostInterfaces: [{ key: 'mac', interface: 'eth9' }] },
      'no NIC "eth9" (it has: eth0)',
    ],
    [
      'a pool that gave nothing',
      { ipAddressesFromPool: [{ key: 'ip', name: 'empty' }] },
      'metaData.ip: there is no address of pool "empty"',
    ],
  ])('%s is told of', (_sentence, template, message) => {
    expect(() => metaData(template)).toThrow(message);
  });
});

describe('network data', () => {
  const mac = { string: '12:34:56:78:9A:BC' };

  test('has three lists, however little the template says', () => {
    expect(networkData({})).toEqual({ links: [], networks: [], services: [] });
  });

  test('has links, networks, routes and services as cloud-init reads them', () => {
    const rendered = networkData({
      links: {
        ethernets: [{ id: 'eth0', type: 'phy', macAddress: { fromHostInterface: 'eth0' }, mtu: 1500 }],
        bonds: [
          {
            id: 'bond0',
            bondMode: '802.3ad',
            bondXmitHashPolicy: 'layer3+4',
            bondLinks: ['eth0', 'eth1'],
            macAddress: mac,
            mtu: 1500,
            parameters: [{ name: 'miimon', value: { milliseconds: 100 } }],
          },
        ],
        vlans: [{ id: 'vlan10', vlanID: 10, vlanLink: 'bond0', macAddress: mac, mtu: 1500, name: 'storage' }],
      },
      networks: {
        ipv4: [
          {
            id: 'n4',
            link: 'bond0',
            ipAddressFromIPPool: 'four',
            routes: [
              { network: '0.0.0.0', prefix: 0, gateway: { fromIPPool: 'four' }, services: { dnsFromIPPool: 'four' } },
            ],
          },
          { id: 'noted', link: 'bond0', fromPoolAnnotation: { object: 'baremetalhost', annotation: 'pool' } },
        ],
        ipv6: [{ id: 'n6', link: 'bond0', fromPoolRef: { name: 'six' } }],
        ipv4DHCP: [{ id: 'd4', link: 'bond0' }],
        ipv6SLAAC: [{ id: 's6', link: 'eth0', routes: [{ network: '::', prefix: 0, gateway: { string: 'fe80::1' } }] }],
      },
      services: { dns: ['1.1.1.1'], dnsFromIPPool: 'six' },
    });
    expect(rendered).toEqual({
      links: [
        {
          type: 'bond',
          id: 'bond0',
          mtu: 1500,
          bond_mode: '802.3ad',
          bond_xmit_hash_policy: 'layer3+4',
          bond_links: ['eth0', 'eth1'],
          ethernet_mac_address: '12:34:56:78:9A:BC',
          bond_miimon: { milliseconds: 100 },
        },
        { type: 'phy', id: 'eth0', mtu: 1500, ethernet_mac_address: '12:34:56:78:9A:BC' },
        {
          type: 'vlan',
          id: 'vlan10',
          mtu: 1500,
          name: 'storage',
          vlan_id: 10,
          vlan_link: 'bond0',
          vlan_mac_address: '12:34:56:78:9A:BC',
        },
      ],
      networks: [
        {
          type: 'ipv4',
          id: 'n4',
          link: 'bond0',
          ip_address: '192.168.0.14',
          netmask: '255.255.255.0',
          routes: [
            {
              network: '0.0.0.0',
              netmask: '0.0.0.0',
              gateway: '192.168.0.1',
              services: [{ type: 'dns', address: '8.8.8.8' }],
            },
          ],
        },
        { type: 'ipv4', id: 'noted', link: 'bond0', ip_address: '10.0.0.5', netmask: '', routes: [] },
        { type: 'ipv6', id: 'n6', link: 'bond0', ip_address: '2001::a', netmask: 'ffff:ffff:ffff:ffff::', routes: [] },
        { type: 'ipv4_dhcp', id: 'd4', link: 'bond0', routes: [] },
        {
          type: 'ipv6_slaac',
          id: 's6',
          link: 'eth0',
          routes: [{ network: '::', netmask: '::', gateway: 'fe80::1', services: [] }],
        },
      ],
      services: [
        { type: 'dns', address: '1.1.1.1' },
        { type: 'dns', address: '2001::53' },
      ],
    });
  });

  test.each([
    [
      'a MAC address that is none',
      { ethernets: [{ id: 'e', type: 'phy', macAddress: { string: 'nonsense' } }] },
      'link e: "nonsense" is not a MAC address',
    ],
    [
      'an annotation that there is not',
      { ethernets: [{ id: 'e', type: 'phy', macAddress: { fromAnnotation: { object: 'machine', annotation: 'x' } } }] },
      'the machine has no annotation x',
    ],
    [
      'a bond parameter that there is a field for',
      { bonds: [{ id: 'b', bondMode: '802.3ad', macAddress: mac, parameters: [{ name: 'mode' }] }] },
      'parameters set bond_mode once more',
    ],
  ] as const)('%s is told of', (_sentence, links, message) => {
    expect(() => networkData({ links: links as never })).toThrow(message);
  });
});

test('the pools of a template are found wherever it names them, each once', () => {
  const spec: Metal3DataTemplateSpec = {
    metaData: {
      ipAddressesFromPool: [
        { key: 'a', name: 'one' },
        { key: 'b', name: 'one' },
      ],
      dnsServersFromPool: [{ key: 'c', name: 'two' }],
      gatewaysFromPool: [{ key: 'd', name: 'foreign', apiGroup: 'ipam.example.com', kind: 'Pool' }],
    },
    networkData: {
      networks: {
        ipv4: [{ id: 'n', link: 'l', fromPoolAnnotation: { object: 'baremetalhost', annotation: 'pool' } }],
        ipv4DHCP: [
          {
            id: 'd',
            link: 'l',
            routes: [
              { network: '10.0.0.0', gateway: { fromPoolRef: { name: 'three' } }, services: { dnsFromIPPool: 'four' } },
            ],
          },
        ],
      },
      services: { dnsFromIPPool: 'five' },
    },
  };
  expect(poolsOf(spec, subjects).map(({ name, apiGroup }) => `${name}.${apiGroup}`)).toEqual([
    'one.ipam.metal3.io',
    'foreign.ipam.example.com',
    'two.ipam.metal3.io',
    'five.ipam.metal3.io',
    'special.ipam.metal3.io',
    'three.ipam.metal3.io',
    'four.ipam.metal3.io',
  ]);
});

test('one name cannot stand for two pools', () => {
  const spec: Metal3DataTemplateSpec = {
    metaData: {
      ipAddressesFromPool: [{ key: 'a', name: 'one' }],
      gatewaysFromPool: [{ key: 'd', name: 'one', apiGroup: 'ipam.example.com', kind: 'Pool' }],
    },
  };
  expect(() => poolsOf(spec, subjects)).toThrow(
    'pool "one" is used as IPPool.ipam.metal3.io and as Pool.ipam.example.com',
  );
});

test.each([
  [0, 4, '0.0.0.0'],
  [20, 4, '255.255.240.0'],
  [32, 4, '255.255.255.255'],
  [0, 6, '::'],
  [48, 6, 'ffff:ffff:ffff::'],
  [60, 6, 'ffff:ffff:ffff:fff0::'],
  [112, 6, 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:0'],
  [128, 6, 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
] as const)('the mask of /%d in IPv%d is %s', (prefix, family, mask) => {
  expect(netmask(prefix, family)).toBe(mask);
});
