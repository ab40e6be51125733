import { expect, test } from '@jest/globals';
import { bmcAddressOf, quirksOf } from '../src/index.ts';

const system = { redfish_system_id: '/redfish/v1/Systems/1' };

test.each([
  ['takes https when no scheme is given', { redfish_address: 'bmc.example' }, 'https://bmc.example'],
  ['keeps a port', { redfish_address: 'http://192.0.2.1:8000' }, 'http://192.0.2.1:8000'],
  ['puts brackets around IPv6', { redfish_address: '2001:db8::1' }, 'https://[2001:db8::1]'],
])('an address %s', (_sentence, info, origin) => {
  expect(bmcAddressOf({ ...system, ...info }).origin).toBe(origin);
});

test('a path in the address is the prefix of the system', () => {
  expect(bmcAddressOf({ ...system, redfish_address: 'https://proxy/bmc7/' }).systemPath).toBe(
    '/bmc7/redfish/v1/Systems/1',
  );
});

test.each([
  [undefined, true],
  [false, false],
  ['false', false],
  ['True', true],
])('redfish_verify_ca %p means verification %p', (value, verify) => {
  expect(bmcAddressOf({ ...system, redfish_address: 'bmc', redfish_verify_ca: value }).verifyTls).toBe(verify);
});

test.each([
  [{}, 'redfish_address'],
  [{ redfish_address: 'ftp://x' }, 'redfish_address'],
  [{ redfish_address: 'x', redfish_system_id: 'Systems/1' }, 'redfish_system_id'],
  [{ redfish_address: 'x', redfish_auth_type: 'magic' }, 'redfish_auth_type'],
  [{ redfish_address: 'x', redfish_verify_ca: 7 }, 'redfish_verify_ca'],
])('%j is refused, naming %s', (info, field) => {
  expect(() => bmcAddressOf(info)).toThrow(expect.objectContaining({ field }));
});

test('quirks follow the vendor, and not a name that merely contains one', () => {
  expect(quirksOf('Supermicro')).toMatchObject({ alwaysSendEnabled: true, virtualCdTarget: 'UsbCd' });
  expect(quirksOf('AMI').bootPatchComplete).toBe(true);
  expect(quirksOf('Miami Computers').bootPatchComplete).toBe(false);
});
