import { expect, test } from '@jest/globals';
import { backOff } from './memory.ts';

test.each([
  [0, 0.5, 1],
  [1, 1, 2],
  [2, 2, 4],
  [9, 256, 512],
  [30, 256, 512],
])('after %i failures the pause is between %d and %d minutes', (failures, shortest, longest) => {
  expect(backOff(failures, 60, 0)).toBe(longest * 60);
  expect(backOff(failures, 60, 0.999_999)).toBeGreaterThan(shortest * 60 - 1e-9);
});
