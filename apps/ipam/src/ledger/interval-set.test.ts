import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { IntervalSet } from './interval-set.ts';

const operation = fc.tuple(fc.constantFrom('add' as const, 'delete' as const), fc.bigInt({ min: 0n, max: 400n }));

test('holds what a plain set holds, after any number of additions and removals', () => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 1_500 }), (operations) => {
      const set = new IntervalSet();
      const model = new Set<bigint>();
      for (const [what, value] of operations) {
        expect(set[what](value)).toBe(what === 'add' ? !model.has(value) : model.has(value));
        model[what](value);
      }
      expect(set.size).toBe(model.size);
      for (let value = 0n; value <= 402n; value++) {
        expect(set.has(value)).toBe(model.has(value));
        let absent = value;
        while (model.has(absent)) absent += 1n;
        expect(set.nextAbsent(value)).toBe(absent);
      }
      expect(set.countBetween(100n, 300n)).toBe([...model].filter((value) => value >= 100n && value <= 300n).length);
    }),
    { numRuns: 60 },
  );
});

test('keeps thousands of intervals, far apart and close together', () => {
  const set = new IntervalSet();
  const values = Array.from({ length: 20_000 }, (_, at) => (BigInt(at * 7_919) % 65_537n) << 70n);
  for (const value of values) set.add(value);
  expect(set.size).toBe(new Set(values).size);
  expect(values.every((value) => set.has(value) && set.nextAbsent(value) === value + 1n)).toBe(true);
  for (const value of values) set.delete(value);
  expect([set.size, set.has(0n), set.countBetween(0n, 1n << 90n)]).toEqual([0, false, 0]);
});
