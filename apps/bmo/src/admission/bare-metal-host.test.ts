import { expect, test } from '@jest/globals';
import type { BareMetalHost, BareMetalHostSpec } from '@metal3/metal3-api';
import { hostUpdateViolations, hostViolations } from './bare-metal-host.ts';

const host = (spec: Partial<BareMetalHostSpec>, metadata: BareMetalHost['metadata'] = {}): BareMetalHost => ({
  apiVersion: 'metal3.io/v1alpha1',
  kind: 'BareMetalHost',
  metadata: { name: 'host-1', namespace: 'metal', ...metadata },
  spec: { online: true, ...spec },
});
const bmc = (address: string) => ({ address, credentialsName: 'bmc' });
const annotated = (annotations: Record<string, string>) => ({ annotations });
const good = { url: 'http://images.example/os.qcow2', checksum: 'abc', checksumType: 'sha256' } as const;

test.each<[sentence: string, object: BareMetalHost]>([
  ['a host without BMC is fine', host({})],
  ['a host with a known BMC is fine', host({ bmc: bmc('redfish-virtualmedia+http://192.0.2.1/redfish/v1/Systems/1') })],
  ['an image with a typed checksum is fine', host({ image: good })],
  ['a live ISO needs no checksum', host({ image: { url: 'http://images.example/live.iso', format: 'live-iso' } })],
  ['an OCI image needs no checksum', host({ image: { url: 'oci://registry.example/os:1' } })],
  ['a root device by path is fine', host({ rootDeviceHints: { deviceName: '/dev/disk/by-path/pci-0000:00:03.0' } })],
  [
    'reboot requests may be empty or JSON',
    host({}, annotated({ 'reboot.metal3.io': '', 'reboot.metal3.io/me': '{"mode":"hard"}' })),
  ],
  ['inspection may be disabled by annotation', host({}, annotated({ 'inspect.metal3.io': 'disabled' }))],
  [
    'hardware details may be brought along',
    host(
      { inspectionMode: 'disabled' },
      annotated({ 'inspect.metal3.io/hardwaredetails': '{"cpu":{"arch":"x86_64"}}' }),
    ),
  ],
])('%s', (_sentence, object) => {
  expect(hostViolations(object)).toEqual([]);
});

test.each<[sentence: string, object: BareMetalHost, field: string]>([
  ['an unknown driver is refused', host({ bmc: bmc('wsman://192.0.2.1') }), 'spec.bmc.address'],
  ['firmware settings of old are refused', host({ firmware: { sriovEnabled: true } }), 'spec.firmware'],
  [
    'a Secret of another namespace is refused',
    host({ userData: { name: 'user', namespace: 'other' } }),
    'spec.userData.namespace',
  ],
  [
    'both kinds of RAID are refused',
    host({ raid: { hardwareRAIDVolumes: [{ level: '1' }], softwareRAIDVolumes: [{ level: '1' }] } }),
    'spec.raid',
  ],
  [
    'disks without their controller are refused',
    host({ raid: { hardwareRAIDVolumes: [{ level: '1', physicalDisks: ['a'] }] } }),
    'spec.raid.hardwareRAIDVolumes[0]',
  ],
  [
    'a root volume of level 0 is refused',
    host({ raid: { softwareRAIDVolumes: [{ level: '0', rootVolume: true }] } }),
    'spec.raid.softwareRAIDVolumes',
  ],
  [
    'RAID is refused for a driver without it',
    host({ bmc: bmc('ipmi://192.0.2.1'), raid: { hardwareRAIDVolumes: [{ level: '1' }] } }),
    'spec.raid',
  ],
  ['libvirt needs a MAC address', host({ bmc: bmc('libvirt://192.0.2.1') }), 'spec.bootMACAddress'],
  [
    'any driver needs one without inspection',
    host({ bmc: bmc('redfish://192.0.2.1'), inspectionMode: 'disabled' }),
    'spec.bootMACAddress',
  ],
  [
    'a MAC address must be one',
    host({ bmc: bmc('redfish://192.0.2.1'), bootMACAddress: 'x52:54:00:12:34:56' }),
    'spec.bootMACAddress',
  ],
  [
    'secure boot is refused for IPMI',
    host({ bmc: bmc('ipmi://192.0.2.1'), bootMode: 'UEFISecureBoot' }),
    'spec.bootMode',
  ],
  [
    'fast inspection is refused for IPMI',
    host({ bmc: bmc('ipmi://192.0.2.1'), inspectionMode: 'fast' }),
    'spec.inspectionMode',
  ],
  ['a UUID is no name', host({}, { name: '8b9bdbd6-7cd4-4b5c-9d27-1f7ba2a8b5c3' }), 'metadata.name'],
  ['a UUID without dashes is no name', host({}, { name: '8b9bdbd67cd44b5c9d271f7ba2a8b5c3' }), 'metadata.name'],
  [
    'a root device outside /dev is refused',
    host({ rootDeviceHints: { deviceName: 'sda' } }),
    'spec.rootDeviceHints.deviceName',
  ],
  [
    'a root device below a folder is refused',
    host({ rootDeviceHints: { deviceName: '/dev/mapper/x' } }),
    'spec.rootDeviceHints.deviceName',
  ],
  ['a file is no image', host({ image: { url: 'file:///os.raw', checksum: 'abc' } }), 'spec.image.url'],
  ['an image needs a checksum', host({ image: { url: 'http://images.example/os.raw' } }), 'spec.image.checksum'],
  [
    'an OCI image has no checksum',
    host({ image: { url: 'oci://registry.example/os:1', checksum: 'abc' } }),
    'spec.image.checksum',
  ],
  [
    'a reboot mode must be known',
    host({}, annotated({ 'reboot.metal3.io': '{"mode":"gentle"}' })),
    'metadata.annotations[reboot.metal3.io]',
  ],
  [
    'a reboot request must be JSON',
    host({}, annotated({ 'reboot.metal3.io/me': 'please' })),
    'metadata.annotations[reboot.metal3.io/me]',
  ],
  [
    'an inspect annotation must be known',
    host({}, annotated({ 'inspect.metal3.io': 'later' })),
    'metadata.annotations[inspect.metal3.io]',
  ],
  [
    'inspection is not both wanted and disabled',
    host({ inspectionMode: 'agent' }, annotated({ 'inspect.metal3.io': 'disabled' })),
    'metadata.annotations[inspect.metal3.io]',
  ],
  [
    'a status must have known fields',
    host({}, annotated({ 'baremetalhost.metal3.io/status': '{"colour":"red"}' })),
    'metadata.annotations[baremetalhost.metal3.io/status]',
  ],
  [
    'a status must have known values',
    host({}, annotated({ 'baremetalhost.metal3.io/status': '{"operationalStatus":"fine"}' })),
    'metadata.annotations[baremetalhost.metal3.io/status]',
  ],
  [
    'hardware details need disabled inspection',
    host({}, annotated({ 'inspect.metal3.io/hardwaredetails': '{}' })),
    'metadata.annotations[inspect.metal3.io/hardwaredetails]',
  ],
  [
    'hardware details have known fields',
    host({ inspectionMode: 'disabled' }, annotated({ 'inspect.metal3.io/hardwaredetails': '{"gpu":1}' })),
    'metadata.annotations[inspect.metal3.io/hardwaredetails]',
  ],
  ['a host that is never off must be on', host({ online: false, disablePowerOff: true }), 'spec.disablePowerOff'],
  ['an interface has a name or an address', host({ networkInterfaces: [{}] }), 'spec.networkInterfaces[0]'],
  [
    'no interface comes twice',
    host({ networkInterfaces: [{ name: 'eth0' }, { name: 'ETH0' }] }),
    'spec.networkInterfaces[1]',
  ],
])('%s', (_sentence, object, field) => {
  expect(hostViolations(object).map((each) => each.field)).toContain(field);
});

const inState = (object: BareMetalHost, state: string, operationalStatus: 'OK' | 'detached' = 'OK'): BareMetalHost => ({
  ...object,
  status: {
    operationalStatus,
    errorMessage: '',
    errorCount: 0,
    provisioningFailCount: 0,
    poweredOn: false,
    provisioning: { state, ID: '' },
  },
});
const there = host({ bmc: bmc('redfish://192.0.2.1'), bootMACAddress: '52:54:00:AA:00:01' });
const elsewhere = host({ bmc: bmc('redfish://192.0.2.2'), bootMACAddress: '52:54:00:AA:00:01' });
const external = host({ ...there.spec, externallyProvisioned: true });

test.each<[sentence: string, before: BareMetalHost, after: BareMetalHost, fields: readonly string[]]>([
  [
    'the BMC address stays while attached',
    inState(there, 'available'),
    inState(elsewhere, 'available'),
    ['spec.bmc.address'],
  ],
  [
    'the BMC address may change while detached',
    inState(there, 'available', 'detached'),
    inState(elsewhere, 'available', 'detached'),
    [],
  ],
  [
    'the BMC address may change while registering',
    inState(there, 'registering'),
    inState(elsewhere, 'registering'),
    [],
  ],
  ['the MAC address may change its case', there, host({ ...there.spec, bootMACAddress: '52:54:00:aa:00:01' }), []],
  [
    'the MAC address may not change',
    there,
    host({ ...there.spec, bootMACAddress: '52:54:00:aa:00:02' }),
    ['spec.bootMACAddress'],
  ],
  ['an available host may be taken as provisioned', inState(there, 'available'), inState(external, 'available'), []],
  ['a new host may not become so afterwards', there, external, ['spec.externallyProvisioned']],
])('%s', (_sentence, before, after, fields) => {
  expect(hostUpdateViolations(before, after).map(({ field }) => field)).toEqual(fields);
});
