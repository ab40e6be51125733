import { expect, test } from '@jest/globals';
import { listenAddress } from './listen-address.ts';

const own = ['127.0.0.1', '192.0.2.7', '198.51.100.7', '198.51.100.8'];

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['192.0.2.0/24', '192.0.2.7'],
  ['198.51.100.8/32', '198.51.100.8'],
  // Left to whoever reads the settings next, which says what is wrong.
  ['eth0', 'eth0'],
])('dhcp.listen %s means %s', (listen, expected) => {
  expect(listenAddress(listen, own)).toBe(expected);
});

test.each([
  ['203.0.113.0/24', /no address in 203.0.113.0\/24/],
  ['198.51.100.0/24', /2 addresses in/],
])('dhcp.listen %s is refused with what was found', (listen, message) => {
  expect(() => listenAddress(listen, own)).toThrow(message);
});
