import { expect, test } from '@jest/globals';
import { ownAddress } from './own-address.ts';

const own = ['127.0.0.1', '192.0.2.7', '198.51.100.7', '198.51.100.8', '::1', 'fe80::7', '2001:db8::7', '2001:db8:1::7', '2001:db8:1::8']; // prettier-ignore

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['192.0.2.0/24', '192.0.2.7'],
  ['198.51.100.8/32', '198.51.100.8'],
  ['2001:db8::1', '2001:db8::1'],
  ['2001:db8::/64', '2001:db8::7'],
  ['2001:db8:1::8/128', '2001:db8:1::8'],
  // Left to whoever reads the settings next, which says what is wrong.
  ['eth0', 'eth0'],
  ['eth0/1', 'eth0/1'],
])('%s means %s', (value, expected) => {
  expect(ownAddress('dhcp.listen', value, own)).toBe(expected);
});

test.each([
  ['203.0.113.0/24', 'dhcp6.address: this machine has no address in 203.0.113.0/24'],
  ['198.51.100.0/24', 'the addresses 198.51.100.7, 198.51.100.8 in'],
  ['2001:db8:2::/64', 'no address in 2001:db8:2::/64'],
  ['2001:db8:1::/64', 'the addresses 2001:db8:1::7, 2001:db8:1::8 in'],
])('%s is refused with the setting and what was found', (value, message) => {
  expect(() => ownAddress('dhcp6.address', value, own)).toThrow(message);
});
