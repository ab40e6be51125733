import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Ip, parseIp } from '../address/ip.ts';
import { AddressSet } from './address-set.ts';

const six = (value: bigint): Ip => ({ family: 6, value });

test('tells the two families apart', () => {
  const set = new AddressSet();
  set.add({ family: 4, value: 5n });
  expect([set.has({ family: 4, value: 5n }), set.has(six(5n)), set.nextAbsent(4, 5n), set.nextAbsent(6, 5n)]).toEqual([
    true,
    false,
    6n,
    5n,
  ]);
});

test('goes on from the last addresses of a block of IPv6 to the first of the next', () => {
  const set = new AddressSet();
  const edge = (0x20010db8n << 96n) + (7n << 52n);
  const values = Array.from({ length: 200 }, (_, at) => edge - 100n + BigInt(at));
  for (const value of values) set.add(six(value));
  expect(set.nextAbsent(6, edge - 100n)).toBe(edge + 100n);
  expect(set.nextAbsent(6, edge - 101n)).toBe(edge - 101n);
  expect(set.countIn({ family: 6, first: edge - 10n, last: edge + 4n })).toBe(15);
  expect(set.countIn({ family: 6, first: edge + 1n, last: edge + 4n })).toBe(4);
  expect([set.add(six(edge)), set.delete(six(edge)), set.delete(six(edge)), set.has(six(edge))]).toEqual([
    false,
    true,
    false,
    false,
  ]);
  expect(set.nextAbsent(6, edge - 100n)).toBe(edge);
});

test('keeps thousands of addresses that are far apart, and is empty when they have gone', () => {
  const set = new AddressSet();
  const values = Array.from({ length: 20_000 }, (_, at) => (BigInt(at * 7_919) % 65_537n) << 70n);
  expect(values.every((value) => set.add(six(value)))).toBe(true);
  expect(values.every((value) => set.has(six(value)) && set.nextAbsent(6, value) === value + 1n)).toBe(true);
  const all = { family: 6, first: 0n, last: (1n << 128n) - 1n } as const;
  expect(set.countIn(all)).toBe(20_000);
  expect(values.every((value) => set.delete(six(value)))).toBe(true);
  expect([set.countIn(all), set.has(six(0n))]).toEqual([0, false]);
});

test('has no address after the last one of a family', () => {
  const set = new AddressSet();
  for (const text of ['255.255.255.255', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff']) {
    const last = parseIp(text);
    if (last === undefined) throw new Error(text);
    set.add(last);
    expect(set.nextAbsent(last.family, last.value)).toBe(last.value + 1n);
  }
});

// Where one block, one /64 or the whole family ends, and the next one begins.
const edges = [2n ** 52n, 2n ** 64n, (0x20010db8n << 96n) + 2n ** 64n, 2n ** 128n - 20n];
const operation = fc.record({
  what: fc.constantFrom('add' as const, 'add' as const, 'delete' as const),
  edge: fc.constantFrom(...edges),
  offset: fc.integer({ min: -12, max: 12 }),
  length: fc.integer({ min: 1, max: 7 }),
});

test('holds what a plain set of IPv6 addresses holds, after any number of additions and removals', () => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 30 }), (operations) => {
      const set = new AddressSet();
      const model = new Set<bigint>();
      let differences = 0;
      for (const { what, edge, offset, length } of operations) {
        for (let value = edge + BigInt(offset); length > value - edge - BigInt(offset); value++) {
          const changes = model.has(value) === (what === 'delete');
          if (set[what](six(value)) !== changes) differences += 1;
          model[what](value);
        }
      }
      for (const edge of edges) {
        let absent = edge + 20n;
        for (let value = edge + 19n; value >= edge - 20n; value--) {
          if (!model.has(value)) absent = value;
          if (set.has(six(value)) !== model.has(value) || set.nextAbsent(6, value) !== absent) differences += 1;
          const [first, last] = [value, edge + 5n];
          const between = [...model].filter((one) => one >= first && one <= last).length;
          if (set.countIn({ family: 6, first, last }) !== between) differences += 1;
        }
      }
      expect(differences).toBe(0);
    }),
    { numRuns: 100 },
  );
});
