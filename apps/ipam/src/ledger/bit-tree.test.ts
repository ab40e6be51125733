import { expect, test } from '@jest/globals';
import { fastestMs } from '@metal3/testing';
import fc from 'fast-check';
import { BitTree } from './bit-tree.ts';

// Runs are what makes pages full, and pages of pages.
const operation = fc.record({
  what: fc.constantFrom('add' as const, 'add' as const, 'delete' as const),
  first: fc.integer({ min: 0, max: 3_000 }),
  length: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 1_500 })),
});

/** Where what can go wrong is near the ends of words and of what numbers hold. */
const origins = [0, 2 ** 31 - 1_000, 2 ** 32 - 1_000, 2 ** 52 - 5_000];

test.each(origins)('holds what a plain set holds, after any number of additions and removals from %d on', (origin) => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 12 }), (operations) => {
      const tree = new BitTree();
      const model = new Set<number>();
      let differences = 0;
      for (const { what, first, length } of operations) {
        for (let value = origin + first; value < origin + first + length; value++) {
          const changes = model.has(value) === (what === 'delete');
          if (tree[what](value) !== changes) differences += 1;
          model[what](value);
        }
      }
      let absent = origin + 4_600;
      for (let value = absent; value >= origin; value--) {
        if (!model.has(value)) absent = value;
        if (tree.has(value) !== model.has(value) || tree.nextAbsent(value) !== absent) differences += 1;
      }
      expect(differences).toBe(0);
      expect(tree.isEmpty).toBe(model.size === 0);
      for (const [first, last] of [
        [origin + 17, origin + 2_049],
        [origin, origin + 4_600],
        [origin + 64, origin + 95],
        [origin + 5, origin + 5],
        [origin + 5, origin + 4],
      ] as const) {
        const expected = [...model].filter((value) => value >= first && value <= last).length;
        expect(tree.countBetween(first, last)).toBe(expected);
      }
    }),
    { numRuns: 30 },
  );
});

test('finds what follows a million neighbours at once', async () => {
  const tree = new BitTree();
  for (let value = 0; value < 1_000_000; value++) tree.add(value);
  const find = () => {
    for (let at = 0; at < 1_000; at++) tree.nextAbsent(at);
  };
  expect(await fastestMs(find)).toBeLessThan(50);
  expect([tree.nextAbsent(0), tree.countBetween(10, 999_999)]).toEqual([1_000_000, 999_990]);
});
