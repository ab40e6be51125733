import { expect, test } from '@jest/globals';
import type { IPPoolSpec } from '@metal3/metal3-api';
import fc from 'fast-check';
import { formatIp, type Ip, ipKey, parseIp } from '../address/ip.ts';
import { rangesOf } from '../address/range.ts';
import { type Allocator, allocator } from './allocate.ts';

const ips = (...texts: string[]): Ip[] => texts.flatMap((text) => parseIp(text) ?? []);
const outcome = (from: Allocator, claimName: string, requested?: string): string => {
  const decision = from.decide({ claimName, requested });
  return decision.kind === 'allocate' ? formatIp(decision.allocation.ip) : decision.message;
};

const small: IPPoolSpec = {
  namePrefix: 'p',
  pools: [
    { start: '10.0.0.1', end: '10.0.0.3' },
    { start: '10.1.0.1', end: '10.1.0.2' },
  ],
};

test.each<
  [sentence: string, spec: Partial<IPPoolSpec>, used: string[], requested: string | undefined, outcome: string]
>([
  ['gives the first address', {}, [], undefined, '10.0.0.1'],
  ['gives the first that is free', {}, ['10.0.0.1', '10.0.0.3'], undefined, '10.0.0.2'],
  ['goes on to the next entry', {}, ['10.0.0.1', '10.0.0.2', '10.0.0.3'], undefined, '10.1.0.1'],
  [
    'refuses when all are in use',
    { pools: [{ start: '10.0.0.1', end: '10.0.0.1' }] },
    ['10.0.0.1'],
    undefined,
    'Exhausted IP Pools',
  ],
  ['refuses without any range', { pools: [] }, [], undefined, 'Exhausted IP Pools'],
  ['gives the address asked for', {}, ['10.0.0.1'], '10.1.0.2', '10.1.0.2'],
  ['refuses one that is in use', {}, ['10.1.0.2'], '10.1.0.2', 'Requested IP not available'],
  ['refuses one outside every entry', {}, [], '10.9.0.1', 'Exhausted IP Pools'],
  [
    'refuses what is no address',
    {},
    [],
    '10.9.0',
    'Requested IP address in the annotation ipAddress is not a valid IP',
  ],
  ['gives the address kept for the claim', { preAllocations: { claim: '10.0.0.3' } }, [], undefined, '10.0.0.3'],
  ['keeps the address of another claim', { preAllocations: { other: '10.0.0.1' } }, [], undefined, '10.0.0.2'],
  [
    'refuses to give away what is kept',
    { preAllocations: { other: '10.0.0.1' } },
    [],
    '10.0.0.1',
    'Requested IP not available',
  ],
  [
    'refuses a kept address outside every entry',
    { preAllocations: { claim: '10.9.0.1' } },
    [],
    undefined,
    'Pre-allocated IP out of bounds',
  ],
  [
    'refuses a kept address that somebody has',
    { preAllocations: { claim: '10.0.0.1' } },
    ['10.0.0.1'],
    undefined,
    'Requested IP not available',
  ],
  [
    'refuses two wishes that differ',
    { preAllocations: { claim: '10.0.0.1' } },
    [],
    '10.0.0.2',
    'PreAllocation and requested ip address are conflicting',
  ],
  [
    'takes two spellings for one wish',
    { pools: [{ subnet: '2001:db8::/64' }], preAllocations: { claim: '2001:0db8::0005' } },
    [],
    '2001:db8::5',
    '2001:db8::5',
  ],
  [
    'keeps an address however it is spelt',
    { pools: [{ start: '2001:db8::5', end: '2001:db8::6' }], preAllocations: { other: '2001:0DB8::0005' } },
    [],
    undefined,
    '2001:db8::6',
  ],
])('%s', (_sentence, spec, used, requested, expected) => {
  expect(
    outcome(
      allocator({ ...small, ...spec }, ips(...used), () => 0),
      'claim',
      requested,
    ),
  ).toBe(expected);
});

test('adds the settings of the entry, and those of the pool where it has none', () => {
  const spec: IPPoolSpec = {
    namePrefix: 'p',
    prefix: 24,
    gateway: '10.0.0.254',
    dnsServers: ['9.9.9.9'],
    pools: [
      { start: '10.0.0.1', end: '10.0.0.1' },
      { start: '10.1.0.1', prefix: 16, gateway: '10.1.0.254', dnsServers: ['1.1.1.1'] },
    ],
  };
  const from = allocator(spec, [], () => 0);
  expect([
    from.decide({ claimName: 'a', requested: undefined }),
    from.decide({ claimName: 'b', requested: undefined }),
  ]).toMatchObject([
    { allocation: { prefix: 24, gateway: '10.0.0.254', dnsServers: ['9.9.9.9'] } },
    { allocation: { prefix: 16, gateway: '10.1.0.254', dnsServers: ['1.1.1.1'] } },
  ]);
});

test('finds an address asked for in a vast subnet at once', () => {
  const from = allocator({ namePrefix: 'p', pools: [{ subnet: '2001:db8::/32' }] }, [], () => 0.99);
  expect(outcome(from, 'a', '2001:db8:ffff::abcd')).toBe('2001:db8:ffff::abcd');
});

const anySpec = fc
  .record({
    pools: fc.array(fc.record({ first: fc.integer({ min: 1, max: 40 }), size: fc.integer({ min: 1, max: 12 }) }), {
      minLength: 1,
      maxLength: 3,
    }),
    kept: fc.uniqueArray(fc.integer({ min: 1, max: 50 }), { maxLength: 3 }),
    random: fc.boolean(),
  })
  .map(({ pools, kept, random }): IPPoolSpec => ({
    namePrefix: 'p',
    allocationStrategy: random ? 'random' : 'sequential',
    pools: pools.map(({ first, size }) => ({ start: `10.0.0.${first}`, end: `10.0.0.${first + size - 1}` })),
    preAllocations: Object.fromEntries(kept.map((last, at) => [`kept-${at}`, `10.0.0.${last}`])),
  }));

test('gives each address once, until all are given, and none that is kept or outside', () => {
  fc.assert(
    fc.property(
      anySpec,
      fc.array(fc.integer({ min: 1, max: 52 })),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (spec, used, lot) => {
        const inUse = ips(...used.map((last) => `10.0.0.${last}`));
        const from = allocator(spec, inUse, () => lot);
        const offered = new Set(
          rangesOf(spec).flatMap(({ first, last }) =>
            Array.from({ length: Number(last - first) + 1 }, (_, at) =>
              ipKey({ family: 4, value: first + BigInt(at) }),
            ),
          ),
        );
        const unavailable = new Set([...inUse, ...ips(...Object.values(spec.preAllocations ?? {}))].map(ipKey));
        const free = [...offered].filter((key) => !unavailable.has(key));
        const given = new Set<string>();
        for (let at = 0; ; at++) {
          const decision = from.decide({ claimName: `claim-${at}`, requested: undefined });
          if (decision.kind === 'refuse') break;
          const key = ipKey(decision.allocation.ip);
          expect(free).toContain(key);
          expect(given.has(key)).toBe(false);
          given.add(key);
        }
        expect(given.size).toBe(free.length);
      },
    ),
  );
});

test('gives out ten thousand addresses of a pool with ten thousand in use in well under a second', () => {
  const start = parseIp('10.0.0.1')?.value ?? 0n;
  const used = Array.from({ length: 10_000 }, (_, at): Ip => ({ family: 4, value: start + BigInt(at) }));
  const from = allocator({ namePrefix: 'p', pools: [{ subnet: '10.0.0.0/16' }] }, used, () => 0);
  const began = performance.now();
  for (let at = 0; at < 10_000; at++) from.decide({ claimName: `claim-${at}`, requested: undefined });
  expect(performance.now() - began).toBeLessThan(1_000);
});
