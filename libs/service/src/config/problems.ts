import { CodedError, type ErrorRow } from '../errors.ts';

/** One thing wrong with the configuration, and what to do about it. */
export interface ConfigProblem {
  /** Key in the file, `grpc.listen`, or the flag or file that was not understood. */
  readonly field: string;
  readonly problem: string;
  readonly remedy: string;
}

const invalid = {
  code: 'CONFIG-INVALID',
  class: 'config',
  remedy: 'Correct the fields listed; --help shows every setting.',
} as const satisfies ErrorRow;

/** All problems of a configuration at once. */
export class ConfigError extends CodedError {
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    const lines = problems.map(({ field, problem, remedy }) => `  ${field}: ${problem}. ${remedy}`);
    super(invalid, `the configuration has ${problems.length} problem(s):\n${lines.join('\n')}`);
    this.problems = problems;
  }
}
