import { expect, test } from '@jest/globals';
import { fastestMs } from '@metal3/testing';
import type { IPPoolSpec } from '@metal3/metal3-api';
import fc from 'fast-check';
import { formatIp, type Ip, ipKey, parseIp } from '../address/ip.ts';
import { rangesOf } from '../address/range.ts';
import { Ledger } from '../ledger/ledger.ts';
import { allocate, type Allocation } from './allocate.ts';
import { planOf } from './plan.ts';
import { describeRefusal, type Refusal } from './refusal.ts';

const ips = (...texts: string[]): Ip[] => texts.flatMap((text) => parseIp(text) ?? []);
/** A pool that remembers what it has given. */
function poolOf(spec: IPPoolSpec, inUse: readonly Ip[], lot: () => number = () => 0) {
  const ledger = new Ledger();
  for (const ip of inUse) ledger.take(ip);
  const plan = planOf({ spec });
  return {
    ledger,
    give(claimName: string, requested?: string): Allocation | Refusal {
      const ground = { plan, ledger, holderOf: () => 'holder', lot };
      const decision = allocate({ claimName, claimUid: claimName, requested }, ground);
      if (decision.kind === 'refuse') return decision.refusal;
      ledger.take(decision.allocation.ip);
      return decision.allocation;
    },
  };
}
const textOf = (given: Allocation | Refusal) => ('ip' in given ? formatIp(given.ip) : given.message);

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
  expect(textOf(poolOf({ ...small, ...spec }, ips(...used)).give('claim', requested))).toBe(expected);
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
  const pool = poolOf(spec, []);
  expect([pool.give('a'), pool.give('b')]).toMatchObject([
    { prefix: 24, gateway: '10.0.0.254', dnsServers: ['9.9.9.9'] },
    { prefix: 16, gateway: '10.1.0.254', dnsServers: ['1.1.1.1'] },
  ]);
});

test.each([
  ['asked for', 'any', '2001:db8:ffff::abcd', '2001:db8:ffff::abcd'],
  ['kept', 'kept', undefined, '2001:db8:1::1'],
  ['from a random place', 'any', undefined, '2001:db8:fd70:a3d7:fd70:a3d7:fd70:a3d7'],
])('finds an address %s in a vast subnet at once', async (_how, claim, requested, address) => {
  const spec: IPPoolSpec = {
    namePrefix: 'p',
    allocationStrategy: 'random',
    pools: [{ subnet: '2001:db8::/32' }],
    preAllocations: { kept: '2001:db8:1::1' },
  };
  let given = '';
  const find = () => (given = textOf(poolOf(spec, [], () => 0.99).give(claim, requested)));
  expect(await fastestMs(find)).toBeLessThan(50);
  expect(given).toBe(address);
});

test.each<[sentence: string, claim: string, requested: string | undefined, story: string]>([
  ['names who has the address', 'c', '10.0.0.1', 'Requested IP not available: 10.0.0.1 is in use by claim holder'],
  [
    'names for whom it is kept',
    'c',
    '10.0.0.2',
    'Requested IP not available: 10.0.0.2 is kept for claim k by spec.preAllocations',
  ],
  ['says what is outside', 'c', '10.9.9.9', "Exhausted IP Pools: 10.9.9.9 is in none of the pool's ranges"],
  [
    'says what is kept instead',
    'k',
    '10.0.0.1',
    'PreAllocation and requested ip address are conflicting: spec.preAllocations keeps 10.0.0.2 for this claim',
  ],
  [
    'quotes what cannot be read',
    'c',
    'ten',
    'Requested IP address in the annotation ipAddress is not a valid IP: "ten" is no IP address',
  ],
  [
    'counts what was searched',
    'c',
    undefined,
    'Exhausted IP Pools: 10.0.0.1-10.0.0.2 has 1 in use and 1 kept for other claims',
  ],
])('a refusal %s', (_sentence, claim, requested, story) => {
  const spec = {
    namePrefix: 'p',
    pools: [{ start: '10.0.0.1', end: '10.0.0.2' }],
    preAllocations: { k: '10.0.0.2' },
  } satisfies IPPoolSpec;
  const refusal = poolOf(spec, ips('10.0.0.1')).give(claim, requested);
  expect('message' in refusal && describeRefusal(refusal)).toBe(story);
});

test('gives a claim the address that is put down for it, as often as it asks', () => {
  const pool = poolOf(small, ips('10.0.0.1'));
  pool.ledger.hold('claim', { family: 4, value: 0x0a010001n });
  expect([textOf(pool.give('claim')), textOf(pool.give('other'))]).toEqual(['10.1.0.1', '10.0.0.2']);
});

test('gives no address put down for it that its pool no longer has', () => {
  const pool = poolOf(small, []);
  pool.ledger.hold('claim', { family: 4, value: 0x0a090001n });
  expect(textOf(pool.give('claim'))).toBe('10.0.0.1');
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

/** Upstream's rules, the slow way: every address of every range in turn. */
function naiveOffers(spec: IPPoolSpec, inUse: ReadonlySet<string>): string[] {
  const kept = new Set(ips(...Object.values(spec.preAllocations ?? {})).map(ipKey));
  return rangesOf(spec)
    .flatMap(({ family, first, last }) =>
      Array.from({ length: Number(last - first) + 1 }, (_, at) => ipKey({ family, value: first + BigInt(at) })),
    )
    .filter((key) => !inUse.has(key) && !kept.has(key));
}

test('gives each address once, until all are given, and none that is kept or outside', () => {
  fc.assert(
    fc.property(
      anySpec,
      fc.array(fc.integer({ min: 1, max: 52 })),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (spec, used, lot) => {
        const inUse = ips(...used.map((last) => `10.0.0.${last}`));
        const pool = poolOf(spec, inUse, () => lot);
        const offers = new Set(naiveOffers(spec, new Set(inUse.map(ipKey))));
        const given: string[] = [];
        for (let at = 0; ; at++) {
          const next = pool.give(`claim-${at}`);
          if (!('ip' in next)) break;
          given.push(ipKey(next.ip));
        }
        expect(new Set(given)).toEqual(offers);
        expect(given).toHaveLength(offers.size);
      },
    ),
  );
});

test('gives in order what a naive search would give, whatever is given back in between', () => {
  const step = fc.oneof(
    fc.constant({ kind: 'give' as const }),
    fc.integer({ min: 0, max: 60 }).map((which) => ({ kind: 'back' as const, which })),
  );
  fc.assert(
    fc.property(anySpec, fc.array(step, { maxLength: 80 }), (anyOrder, steps) => {
      const spec: IPPoolSpec = { ...anyOrder, allocationStrategy: 'sequential' };
      const pool = poolOf(spec, []);
      const held = new Map<string, Ip>();
      for (const [at, next] of steps.entries()) {
        if (next.kind === 'give') {
          const [expected] = naiveOffers(spec, new Set(held.keys()));
          const given = pool.give(`claim-${at}`);
          expect('ip' in given ? ipKey(given.ip) : undefined).toBe(expected);
          if ('ip' in given) held.set(ipKey(given.ip), given.ip);
        } else {
          const [key, ip] = [...held][next.which % Math.max(held.size, 1)] ?? [];
          if (key === undefined || ip === undefined) continue;
          held.delete(key);
          pool.ledger.giveBack(ip);
        }
      }
    }),
  );
});

test('gives out ten thousand addresses of a pool with ten thousand in use in well under a second', async () => {
  const start = parseIp('10.0.0.1')?.value ?? 0n;
  const used = Array.from({ length: 10_000 }, (_, at): Ip => ({ family: 4, value: start + BigInt(at) }));
  const giveOut = () => {
    const pool = poolOf({ namePrefix: 'p', pools: [{ subnet: '10.0.0.0/16' }] }, used);
    for (let at = 0; at < 10_000; at++) pool.give(`claim-${at}`);
  };
  expect(await fastestMs(giveOut)).toBeLessThan(1_000);
});
