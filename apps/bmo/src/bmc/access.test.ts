import { expect, test } from '@jest/globals';
import { bmcAccess, driverInfo } from './access.ts';

const credentials = { username: 'admin', password: 'secret' };

test.each<[address: string, driver: string, boot: string | undefined, info: Record<string, unknown>]>([
  [
    'ipmi://192.168.122.1',
    'ipmi',
    'ipxe',
    { ipmi_address: '192.168.122.1', ipmi_port: '623', ipmi_priv_level: 'ADMINISTRATOR' },
  ],
  ['192.168.122.1', 'ipmi', 'ipxe', { ipmi_address: '192.168.122.1', ipmi_port: '623' }],
  ['192.168.122.1:6233', 'ipmi', 'ipxe', { ipmi_address: '192.168.122.1', ipmi_port: '6233' }],
  [
    '[fe80::fc33:62ff:fe83:8a76]:6233',
    'ipmi',
    'ipxe',
    { ipmi_address: 'fe80::fc33:62ff:fe83:8a76', ipmi_port: '6233' },
  ],
  ['ipmi://[fe80::1]', 'ipmi', 'ipxe', { ipmi_address: 'fe80::1', ipmi_port: '623' }],
  ['bmc.example.com', 'ipmi', 'ipxe', { ipmi_address: 'bmc.example.com' }],
  ['ipmi:bmc.example.com:6230', 'ipmi', 'ipxe', { ipmi_address: 'bmc.example.com', ipmi_port: '6230' }],
  ['ipmi://10.0.0.1?privilegelevel=OPERATOR', 'ipmi', 'ipxe', { ipmi_priv_level: 'OPERATOR' }],
  ['libvirt://192.168.122.1:6230/', 'ipmi', 'ipxe', { ipmi_address: '192.168.122.1', ipmi_port: '6230' }],
  [
    'redfish://10.0.0.1/redfish/v1/Systems/1',
    'redfish',
    'ipxe',
    { redfish_address: 'https://10.0.0.1', redfish_system_id: '/redfish/v1/Systems/1' },
  ],
  [
    'redfish://10.0.0.1/redfish/v1/',
    'redfish',
    'ipxe',
    { redfish_address: 'https://10.0.0.1', redfish_system_id: undefined },
  ],
  [
    'redfish+http://10.0.0.1:8000',
    'redfish',
    'ipxe',
    { redfish_address: 'http://10.0.0.1:8000', redfish_system_id: undefined },
  ],
  [
    'redfish-virtualmedia+https://[::1]:8000/redfish/v1/Systems/1',
    'redfish',
    'redfish-virtual-media',
    { redfish_address: 'https://[::1]:8000' },
  ],
  ['ilo5-virtualmedia://10.0.0.1', 'redfish', 'redfish-virtual-media', { redfish_address: 'https://10.0.0.1' }],
  [
    'idrac-virtualmedia://10.0.0.1',
    'idrac',
    'idrac-redfish-virtual-media',
    { redfish_username: 'admin', redfish_password: 'secret' },
  ],
  ['redfish-uefihttp://10.0.0.1', 'redfish', 'redfish-https', { redfish_system_id: '' }],
  ['fake-hardware://machine-1', 'fake-hardware', undefined, { fake_address: 'machine-1' }],
])('%s is driven by %s', (address, hardwareType, boot, info) => {
  const access = bmcAccess(address);
  expect(access.driver.hardwareType).toBe(hardwareType);
  expect(access.driver.interfaces.boot).toBe(boot);
  const actual = driverInfo(access, credentials, false);
  for (const [key, value] of Object.entries(info)) expect(actual[key]).toBe(value);
});

test.each([
  ['an empty address', '', 'missing BMC address'],
  ['an unknown scheme', 'foo://10.0.0.1', "unknown BMC type 'foo'"],
  ['an unknown scheme is told which ones there are', 'foo://10.0.0.1', 'use one of ipmi, libvirt, redfish, '],
  ['a retired scheme', 'ilo4://10.0.0.1', "unknown BMC type 'ilo4'"],
  ['a retired scheme is told its successors', 'irmc://10.0.0.1', 'use redfish-virtualmedia or redfish or ipmi'],
  ['the vendor protocol of iDRAC', 'idrac://10.0.0.1', 'use idrac-virtualmedia or idrac-redfish'],
  ['a protocol suffix on IPMI', 'ipmi+https://10.0.0.1', "unknown BMC type 'ipmi+https'"],
  ['an inherited object key', 'constructor://10.0.0.1', 'unknown BMC type'],
  ['a bare IPv6 address', 'fe80::1', "unknown BMC type 'fe80'"],
  ['brackets without a port', '[fe80::1]', 'neither a URL nor host:port'],
  ['a port that is not a number', 'redfish://10.0.0.1:abc', 'not host or host:port'],
  ['a host name with an underscore', 'redfish://my_bmc/redfish', 'not a valid host name'],
  ['a host name ending in a dot', 'redfish://bmc.example.com./', 'not a valid host name'],
])('%s is refused', (_what, address, message) => {
  expect(() => bmcAccess(address)).toThrow(message);
});

test('certificate verification can be switched off per driver family', () => {
  expect(driverInfo(bmcAccess('redfish://h'), credentials, true)).toMatchObject({ redfish_verify_ca: false });
  expect(driverInfo(bmcAccess('ipmi://h'), credentials, true)).toMatchObject({ ipmi_verify_ca: false });
});
