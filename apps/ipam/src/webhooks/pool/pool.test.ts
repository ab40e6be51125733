import { describe, expect, test } from '@jest/globals';
import type { IPPoolSpec } from '@metal3/metal3-api';
import { isWithin } from './bounds.ts';
import { poolProblems, poolUpdateProblems } from './problems.ts';
import { poolWarnings } from './warnings.ts';

type Parts = Partial<IPPoolSpec>;
const spec = (parts: Parts): IPPoolSpec => ({ namePrefix: 'p', ...parts });
const said = (problems: ReturnType<typeof poolProblems>) =>
  problems.map(({ field, message }) => `${field}: ${message}`);
const range = { start: '10.0.0.10', end: '10.0.0.20' };

describe('a new pool', () => {
  test.each<[string, Parts]>([
    ['nothing but its prefix', {}],
    ['a range', { pools: [range] }],
    ['a start alone', { pools: [{ start: '10.0.0.1' }] }],
    ['an end alone, as upstream allows', { pools: [{ end: '10.0.0.1' }] }],
    ['one address', { pools: [{ start: '10.0.0.1', end: '10.0.0.1' }] }],
    ['addresses kept at either end of a range', { pools: [range], preAllocations: { a: '10.0.0.10', b: '10.0.0.20' } }],
    ['the address of the network kept', { pools: [{ subnet: '10.0.0.0/24' }], preAllocations: { a: '10.0.0.0' } }],
    ['the random strategy over a /66', { allocationStrategy: 'random', pools: [{ subnet: '2001:db8::/66' }] }],
  ])('may have %s', (_what, parts) => {
    expect(said(poolProblems(spec(parts)))).toEqual([]);
  });

  test.each<[string, Parts, string[]]>([
    [
      'a gateway that is no address',
      { gateway: 'router' },
      ['spec.gateway: Invalid value: "router": is not a valid IP address'],
    ],
    [
      'DNS servers that are none',
      { dnsServers: ['8.8.8.8', '8.8.8'], pools: [{ ...range, dnsServers: ['x'], gateway: 'y' }] },
      [
        'spec.dnsServers[1]: Invalid value: "8.8.8": is not a valid IP address',
        'spec.pools[0].gateway: Invalid value: "y": is not a valid IP address',
        'spec.pools[0].dnsServers[0]: Invalid value: "x": is not a valid IP address',
      ],
    ],
    [
      'an entry without any limit',
      { pools: [range, { prefix: 24 }] },
      ['spec.pools[1]: Invalid value: "": start, end or subnet is required'],
    ],
    [
      'a range that runs backwards',
      { pools: [{ start: '10.0.0.9', end: '10.0.0.1' }] },
      ['spec.pools[0]: Invalid value: "": end IP 10.0.0.1 is before start IP 10.0.0.9'],
    ],
    [
      'limits that cannot be read',
      { pools: [{ start: '10.0.0.300' }, { end: 'z' }, { subnet: '10.0.0.0/33' }] },
      [
        'spec.pools[0]: Invalid value: "": invalid Start IP "10.0.0.300"',
        'spec.pools[1]: Invalid value: "": invalid End IP "z"',
        'spec.pools[2]: Invalid value: "": invalid Subnet "10.0.0.0/33"',
      ],
    ],
    [
      'an address kept for a claim outside of its ranges',
      { pools: [range], preAllocations: { a: '10.0.0.9' } },
      ['spec.preAllocations: Invalid value: "10.0.0.9": is out of bonds of the pools given'],
    ],
    [
      'one address, spelt twice, kept for two claims',
      { pools: [{ subnet: '2001:db8::/64' }], preAllocations: { a: '2001:db8::5', b: '2001:0db8:0::5' } },
      ['spec.preAllocations.b: Invalid value: "2001:0db8:0::5": IP address is already pre-allocated to claim "a"'],
    ],
    [
      'the random strategy over what has no end',
      { allocationStrategy: 'random', pools: [{ start: '10.0.0.1' }] },
      [
        'spec.pools[0]: Invalid value: "": cannot be used with allocationStrategy "random": pool with Start requires End or Subnet to determine size',
      ],
    ],
    [
      'the random strategy over what has no beginning',
      { allocationStrategy: 'random', pools: [{ end: '10.0.0.1' }] },
      [
        'spec.pools[0]: Invalid value: "": cannot be used with allocationStrategy "random": either Start or Subnet is required for ipAddress',
      ],
    ],
    [
      'the random strategy over more than can be counted',
      { allocationStrategy: 'random', pools: [{ subnet: '2001:db8::/64' }] },
      [
        'spec.pools[0]: Invalid value: "": cannot be used with allocationStrategy "random": pool size exceeds int range',
      ],
    ],
  ])('may not have %s', (_what, parts, expected) => {
    expect(said(poolProblems(spec(parts)))).toEqual(expected);
  });
});

describe('a changed pool', () => {
  const before = spec({ pools: [range] });
  const change = (parts: Parts, inUse: string[] = []) =>
    said(poolUpdateProblems(before, { ...before, ...parts }, inUse));

  test('may grow, and shrink around what is in use', () => {
    expect(change({ pools: [range, { subnet: '10.1.0.0/24' }] }, ['10.0.0.10'])).toEqual([]);
    expect(change({ pools: [{ start: '10.0.0.12', end: '10.0.0.13' }] }, ['10.0.0.12', '10.0.0.13'])).toEqual([]);
  });

  test('may not drop an address in use; each is named once', () => {
    expect(
      change({ pools: [{ start: '10.0.0.12', end: '10.0.0.20' }] }, ['10.0.0.11', '10.0.0.12', '10.0.0.11']),
    ).toEqual(['spec.pools: Invalid value: "10.0.0.11": is in use but out of bonds of the pools given']);
  });

  test('keeps its name prefix', () => {
    expect(change({ namePrefix: 'q' })).toEqual(['spec.namePrefix: Invalid value: "q": cannot be modified']);
  });

  test('keeps its strategy, none being the sequential one', () => {
    expect(change({ allocationStrategy: 'sequential' })).toEqual([]);
    expect(change({ allocationStrategy: 'random' })).toEqual([
      'spec.allocationStrategy: Invalid value: "random": cannot be modified after creation',
    ]);
  });
});

test.each([
  ['10.0.0.9', false],
  ['10.0.0.10', true],
  ['10.0.0.20', true],
  ['10.0.0.21', false],
  ['::ffff:10.0.0.15', true],
  ['2001:db8::1', false],
])('%s is within 10.0.0.10 to 10.0.0.20: %s', (text, within) => {
  expect(poolUpdateProblems(spec({ pools: [range] }), spec({ pools: [range] }), [text])).toHaveLength(within ? 0 : 1);
});

test('an entry without limits holds nothing', () => {
  expect(isWithin({}, { family: 4, value: 1n })).toBe(false);
});

describe('a pool is let in with a warning when', () => {
  test.each<[string, Parts, string[]]>([
    [
      'its name prefix makes no names',
      { namePrefix: 'Rack_1', pools: [range] },
      ['spec.namePrefix: no address can be named after Rack_1: give a-z, 0-9 and dashes, 213 at most'],
    ],
    [
      'its name prefix is too long',
      { namePrefix: 'x'.repeat(214), pools: [range] },
      [`spec.namePrefix: no address can be named after ${'x'.repeat(20)}...: give a-z, 0-9 and dashes, 213 at most`],
    ],
    [
      'ranges overlap',
      { pools: [range, { subnet: '10.0.0.16/28' }, { subnet: '10.1.0.0/24' }] },
      ['spec.pools[1]: overlaps spec.pools[0] from 10.0.0.17 on'],
    ],
    [
      'the gateway of an entry is outside of its subnet',
      { pools: [{ subnet: '10.0.0.0/24', gateway: '10.0.1.1' }] },
      ['spec.pools[0].gateway: 10.0.1.1 is outside of 10.0.0.0/24, the subnet of spec.pools[0]'],
    ],
    [
      'the gateway of the pool is outside of what an entry and its prefix make',
      { gateway: '10.0.0.1', prefix: 24, pools: [range, { start: '10.9.0.1', end: '10.9.0.2' }] },
      ['spec.gateway: 10.0.0.1 is outside of 10.9.0.1/24, the subnet of spec.pools[1]'],
    ],
    [
      'the gateway would be given to a claim',
      { gateway: '10.0.0.1', pools: [{ subnet: '10.0.0.0/24' }, { ...range, gateway: range.start }] },
      [
        'spec.pools[1]: overlaps spec.pools[0] from 10.0.0.10 on',
        'spec.gateway: 10.0.0.1 is given out by spec.pools[0]; keep it by preAllocations',
        'spec.pools[1].gateway: 10.0.0.10 is given out; keep it by preAllocations',
      ],
    ],
    [
      'the gateway is of the other family',
      { pools: [{ subnet: '2001:db8::/64', gateway: '10.0.0.1' }] },
      ['spec.pools[0].gateway: 10.0.0.1 is outside of 2001:db8::/64, the subnet of spec.pools[0]'],
    ],
    [
      'an entry gives out nothing',
      { pools: [{ end: '10.0.0.1' }, { start: '10.0.0.1', subnet: '10.0.1.0/24', end: '10.0.0.9' }] },
      [
        'spec.pools[0]: no address is given out of an entry with end alone: add start or subnet',
        'spec.pools[1]: holds no address: start, end and subnet do not meet',
      ],
    ],
    [
      'a prefix is longer than an address',
      { prefix: 64, pools: [range, { ...range, start: '10.0.0.30', end: '10.0.0.40', prefix: 48 }] },
      [
        'spec.prefix: 64 is no prefix length of the IPv4 addresses of spec.pools[0]',
        'spec.pools[1].prefix: 48 is no prefix length of the IPv4 addresses of spec.pools[1]',
      ],
    ],
  ])('%s', (_what, parts, expected) => {
    const warnings = poolWarnings(spec(parts));
    expect(warnings).toEqual(expected);
    expect(poolProblems(spec(parts))).toEqual([]);
    expect(warnings.filter((warning) => warning.length > 120)).toEqual([]);
  });

  test('and without one when all fits', () => {
    const pools = [
      { subnet: '10.0.0.0/24' },
      { start: '2001:db8::1', end: '2001:db8::fff', prefix: 64, gateway: '2001:db8::ffff' },
    ];
    const preAllocations = { gateway: '10.0.0.1' };
    expect(poolWarnings(spec({ gateway: '10.0.0.1', pools, preAllocations }))).toEqual([]);
  });
});
