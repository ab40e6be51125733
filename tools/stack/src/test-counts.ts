/** What came of the tests. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly seconds: number;
}

/** The part of Jest's JSON report that is read. */
export interface JestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  /** Files that could not be run at all; their tests are in no other number. */
  readonly numRuntimeErrorTestSuites: number;
}

export const noCounts: Counts = { passed: 0, failed: 0, skipped: 0, seconds: 0 };

/** A file that could not be run counts as one failed test. */
export function countsOf(report: JestReport): Omit<Counts, 'seconds'> {
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + report.numRuntimeErrorTestSuites,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

export function addCounts(a: Counts, b: Counts): Counts {
  return {
    passed: a.passed + b.passed,
    failed: a.failed + b.failed,
    skipped: a.skipped + b.skipped,
    seconds: a.seconds + b.seconds,
  };
}

/** The line that ends a test run. */
export function closingLine({ passed, failed, skipped }: Omit<Counts, 'seconds'>): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}
