import { expect, test } from '@jest/globals';
import type { RaidConfig, RootDeviceHints } from '@metal3/metal3-api';
import { hardwareDetails } from './inventory.ts';
import { effectiveRootDeviceHints, ironicRootDevice } from './root-device-hints.ts';

test('an inventory becomes hardware details', () => {
  const inventory = {
    system_vendor: {
      manufacturer: 'QEMU',
      product_name: 'Q35',
      serial_number: '',
      firmware: { vendor: 'SeaBIOS', version: '1', build_date: '04/01/2014' },
    },
    memory: { total: 1, physical_mb: 768 },
    hostname: 'ipa',
    cpu: { model_name: 'CPU', frequency: '2099.9980', count: 2, architecture: 'x86_64', flags: ['sse', 'fpu'] },
    interfaces: [
      {
        name: 'eth0',
        mac_address: '52:54:00:12:34:56',
        ipv4_address: '172.22.0.58',
        ipv6_address: 'fd00::1',
        vendor: '0x1af4',
        product: '0x0001',
        speed_mbps: 10000,
        pci_address: '0000:01:00.0',
      },
      {
        name: 'eth1',
        mac_address: '52:54:00:12:34:57',
        ipv4_address: null,
        vendor: null,
        product: null,
        speed_mbps: null,
      },
    ],
    disks: [
      {
        name: '/dev/vda',
        by_path: '/dev/disk/by-path/pci-1',
        size: 5368709120,
        rotational: true,
        serial: 'LAB1',
        vendor: '0x1af4',
      },
      { name: '/dev/nvme0n1', size: 10, rotational: false },
      { name: '/dev/sdb', size: 10, rotational: false },
    ],
  };
  const pluginData = {
    all_interfaces: { eth0: { pxe_enabled: true } },
    parsed_lldp: {
      eth0: {
        switch_chassis_id: 'aa:bb',
        switch_port_id: 'port1',
        switch_port_untagged_vlan_id: 7,
        switch_port_vlans: [{ id: 7, name: 'seven' }],
      },
    },
  };
  const nic = {
    name: 'eth0',
    mac: '52:54:00:12:34:56',
    model: '0x1af4 0x0001',
    speedGbps: 10,
    pxe: true,
    pciAddress: '0000:01:00.0',
    vlanId: 7,
    vlans: [{ id: 7, name: 'seven' }],
    lldp: { switchID: 'aa:bb', portID: 'port1' },
  };
  expect(hardwareDetails({ inventory, pluginData })).toEqual({
    systemVendor: { manufacturer: 'QEMU', productName: 'Q35' },
    firmware: { bios: { vendor: 'SeaBIOS', version: '1', date: '04/01/2014' } },
    ramMebibytes: 768,
    hostname: 'ipa',
    cpu: { arch: 'x86_64', model: 'CPU', count: 2, flags: ['fpu', 'sse'], clockMegahertz: 2100 },
    nics: [
      { ...nic, ip: '172.22.0.58' },
      { ...nic, ip: 'fd00::1' },
      { name: 'eth1', mac: '52:54:00:12:34:57' },
    ],
    storage: [
      {
        name: '/dev/disk/by-path/pci-1',
        alternateNames: ['/dev/vda', '/dev/disk/by-path/pci-1'],
        rotational: true,
        type: 'HDD',
        sizeBytes: 5368709120,
        vendor: '0x1af4',
        serialNumber: 'LAB1',
      },
      { name: '/dev/nvme0n1', alternateNames: ['/dev/nvme0n1'], type: 'NVME', sizeBytes: 10 },
      { name: '/dev/sdb', alternateNames: ['/dev/sdb'], type: 'SSD', sizeBytes: 10 },
    ],
  });
});

test('an empty inventory says nothing', () => {
  expect(hardwareDetails({ inventory: {}, pluginData: {} })).toEqual({
    systemVendor: {},
    firmware: { bios: {} },
    cpu: {},
    nics: [],
    storage: [],
  });
});

test.each<[hints: RootDeviceHints, root: Record<string, string>]>([
  [{ deviceName: '/dev/sda' }, { name: 's== /dev/sda' }],
  [{ deviceName: '/dev/disk/by-path/pci-1' }, { by_path: 's== /dev/disk/by-path/pci-1' }],
  [
    { model: 'SSD', vendor: 'ACME' },
    { model: '<in> SSD', vendor: '<in> ACME' },
  ],
  [{ minSizeGigabytes: 40 }, { size: '>= 40' }],
  [{ minSizeGigabytes: 0 }, {}],
  [{ rotational: false }, { rotational: 'false' }],
  [
    { wwn: 'w', wwnWithExtension: 'we', wwnVendorExtension: 'wv', hctl: '0:0:0:0', serialNumber: 's' },
    {
      wwn: 's== w',
      wwn_with_extension: 's== we',
      wwn_vendor_extension: 's== wv',
      hctl: 's== 0:0:0:0',
      serial: 's== s',
    },
  ],
])('hints %j become %j', (hints, root) => {
  expect(ironicRootDevice(hints)).toEqual(root);
});

test.each<
  [
    sentence: string,
    spec: { rootDeviceHints?: RootDeviceHints; raid?: RaidConfig },
    profile: string,
    hints: RootDeviceHints | undefined,
  ]
>([
  ['own hints win', { rootDeviceHints: { model: 'SSD' } }, 'unknown', { model: 'SSD' }],
  ['a host without hints or profile uses /dev/sda', {}, 'unknown', { deviceName: '/dev/sda' }],
  ['the empty profile has none', {}, 'empty', {}],
  [
    'a software RAID root volume needs none',
    { rootDeviceHints: { model: 'SSD' }, raid: { softwareRAIDVolumes: [{ level: '1', rootVolume: true }] } },
    'unknown',
    undefined,
  ],
])('%s', (_sentence, spec, profile, hints) => {
  expect(effectiveRootDeviceHints(spec, profile)).toEqual(hints);
});
