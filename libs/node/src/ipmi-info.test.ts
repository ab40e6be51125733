import { expect, test } from '@jest/globals';
import { ipmiAddressProblem, readIpmiInfo } from './ipmi-info.ts';

const ipmi_address = '192.0.2.1';

test('an address is enough: all else has a usual value', () => {
  expect(readIpmiInfo({ ipmi_address })).toEqual({
    info: {
      address: '192.0.2.1',
      port: undefined,
      username: undefined,
      password: '',
      hexKgKey: undefined,
      privilege: 'ADMINISTRATOR',
      protocol: '2.0',
      cipherSuite: undefined,
      bridge: {},
      forcesBootDevice: false,
      liftsBootTimeout: undefined,
    },
  });
});

test('numbers may be numbers or text', () => {
  const given = { ipmi_address, ipmi_port: '6230', ipmi_cipher_suite: 17, ipmi_protocol_version: 2.0 };
  expect(readIpmiInfo({ ...given, ipmi_protocol_version: '2.0' })).toMatchObject({
    info: { port: 6230, cipherSuite: '17', protocol: '2.0' },
  });
  expect(readIpmiInfo({ ipmi_address, ipmi_protocol_version: 1.5, ipmi_port: 623 })).toMatchObject({
    info: { port: 623, protocol: '1.5' },
  });
});

test('a bridge has a target, and two of them a transit as well', () => {
  const single = { ipmi_address, ipmi_bridging: 'single', ipmi_target_channel: '7', ipmi_target_address: 0x82 };
  expect(readIpmiInfo({ ...single, ipmi_transit_channel: '9' })).toMatchObject({
    info: { bridge: { targetChannel: '7', targetAddress: '130' } },
  });
  const transit = { ipmi_transit_channel: '9', ipmi_transit_address: '0x90', ipmi_local_address: '0x20' };
  expect(readIpmiInfo({ ...single, ...transit, ipmi_bridging: 'dual' })).toMatchObject({
    info: { bridge: { transitChannel: '9', transitAddress: '0x90', localAddress: '0x20' } },
  });
  expect(readIpmiInfo({ ...single, ...transit, ipmi_bridging: 'no' })).toMatchObject({ info: { bridge: {} } });
});

test.each([
  [{}, /Missing the following IPMI credentials in node's driver_info: \['ipmi_address'\]/],
  [{ ipmi_address, ipmi_port: 'x' }, /ipmi_port "x" is not a valid integer/],
  [{ ipmi_address, ipmi_port: 70_000 }, /ipmi_port "70000" is out of range/],
  [{ ipmi_address, ipmi_terminal_port: 0 }, /ipmi_terminal_port "0" is out of range/],
  [{ ipmi_address, ipmi_priv_level: 'root' }, /Invalid privilege level value:root, .*ADMINISTRATOR, CALLBACK/],
  [{ ipmi_address, ipmi_protocol_version: '3' }, /Invalid IPMI protocol version value 3, .*2\.0, 1\.5/],
  [{ ipmi_address, ipmi_cipher_suite: 'aes' }, /Invalid cipher suite aes/],
  [{ ipmi_address, ipmi_cipher_suite: 3, ipmi_protocol_version: '1.5' }, /cannot be used with IPMI 1.5/],
  [{ ipmi_address, ipmi_hex_kg_key: 'abc' }, /ipmi_hex_kg_key characters is not even/],
  [{ ipmi_address, ipmi_bridging: 'triple' }, /Invalid value for ipmi_bridging: triple/],
  [{ ipmi_address, ipmi_bridging: 'single' }, /\['ipmi_target_channel', 'ipmi_target_address'\] not provided/],
])('%j is refused with the field and what it may be', (given, words) => {
  expect(readIpmiInfo(given)).toEqual({ problem: expect.stringMatching(words) });
});

test.each(['192.0.2.1', 'bmc-1.example.org', 'fe80::1%eth0', '2001:db8::7'])('%s is an address', (address) => {
  expect(ipmiAddressProblem(address, 'n')).toBeUndefined();
});
test.each(['a b', '-v', 'bmc;reboot', ''])('%j is none', (address) => {
  expect(ipmiAddressProblem(address, 'n')).toMatch(/Must be a valid IP address or hostname/);
});
