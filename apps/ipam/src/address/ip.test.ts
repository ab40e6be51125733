import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { formatIp, ipKey, lastAddress, parseIp, parseSubnet } from './ip.ts';
import { addressName, ipOfName } from './name.ts';

test.each([
  ['192.168.0.1', '192.168.0.1'],
  ['2001:0db8:0000::0005', '2001:db8::5'],
  ['::ffff:10.0.0.1', '10.0.0.1'],
  ['::', '::'],
])('reads %s and writes it as %s', (text, canonical) => {
  const ip = parseIp(text);
  expect(ip && formatIp(ip)).toBe(canonical);
});

test.each(['', '1.2.3', '1.2.3.04', '1.2.3.256', 'fe80::1%eth0', 'host', '1.2.3.4/24', undefined])(
  'does not take %s for an address',
  (text) => {
    expect(parseIp(text)).toBeUndefined();
  },
);

test('writes and reads every address back', () => {
  const anyIp = fc.oneof(
    fc.bigInt({ min: 0n, max: lastAddress(4) }).map((value) => ({ family: 4 as const, value })),
    fc.bigInt({ min: 1n << 48n, max: lastAddress(6) }).map((value) => ({ family: 6 as const, value })),
  );
  fc.assert(fc.property(anyIp, (ip) => expect(parseIp(formatIp(ip))).toEqual(ip)));
});

test('knows the ends of a subnet, and the address as written', () => {
  const subnet = parseSubnet('192.168.0.10/24');
  expect(subnet).toEqual({ family: 4, written: 0xc0a8000an, first: 0xc0a80000n, last: 0xc0a800ffn });
  expect(parseSubnet('2001:db8::/126')?.last).toBe(0x20010db8000000000000000000000003n);
  expect([parseSubnet('10.0.0.0/33'), parseSubnet('10.0.0.0'), parseSubnet('x/8')]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});

test.each([
  ['192.168.0.11', 'p-192-168-0-11'],
  ['::1', 'p---1'],
  ['2001:db8::', 'p-2001-db8'],
])('names the object of %s %s', (text, name) => {
  const ip = parseIp(text);
  if (ip === undefined) throw new Error(text);
  expect(addressName('p', ip)).toBe(name);
  expect(ipKey(ip)).toMatch(/^[46]\/\d+$/);
});

test('reads the address back from the name of its object', () => {
  const anyIp = fc.oneof(
    fc.bigInt({ min: 0n, max: lastAddress(4) }).map((value) => ({ family: 4 as const, value })),
    fc.bigInt({ min: 1n << 48n, max: lastAddress(6) }).map((value) => ({ family: 6 as const, value })),
    fc.bigInt({ min: 1n, max: 255n }).map((host) => ({ family: 6 as const, value: (host << 112n) | host })),
    fc.bigInt({ min: 1n, max: 255n }).map((net) => ({ family: 6 as const, value: net << 112n })),
  );
  fc.assert(
    fc.property(anyIp, fc.constantFrom('p', 'pool-10-0'), (ip, prefix) =>
      expect(ipOfName(prefix, addressName(prefix, ip))).toEqual(ip),
    ),
  );
  expect([ipOfName('p', 'q-10-0-0-1'), ipOfName('p', 'p-ten')]).toEqual([undefined, undefined]);
});
