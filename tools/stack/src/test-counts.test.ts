import { expect, test } from '@jest/globals';
import { addCounts, closingLine, countsOf, noCounts } from './test-counts.ts';

const report = {
  numPassedTests: 3,
  numFailedTests: 1,
  numPendingTests: 2,
  numTodoTests: 1,
  numRuntimeErrorTestSuites: 1,
};

test('a test file that cannot be run counts as a failure', () => {
  expect(countsOf(report)).toEqual({ passed: 3, failed: 2, skipped: 3 });
});

test('the closing line adds up all suites', () => {
  const counts = { ...countsOf(report), seconds: 2 };
  expect(closingLine(addCounts(addCounts(noCounts, counts), counts))).toBe('6 passed, 4 failed, 6 skipped');
});
