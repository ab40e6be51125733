import type { FieldProblem } from '@metal3/kube-admission';

/** A problem in the words of the API server: what was given, then what is wrong with it. */
export function invalid(field: string, given: unknown, wrong: string): FieldProblem {
  return { field, message: `Invalid value: ${JSON.stringify(given) ?? 'null'}: ${wrong}` };
}

export const notAnAddress = 'is not a valid IP address';
