/** One thing that a request must not say, and what to write instead. */
export interface Violation {
  /** Path as in the object, e.g. "spec.bmc.address". */
  readonly field: string;
  readonly message: string;
}

export const violation = (field: string, message: string): Violation => ({ field, message });

export function when(wrong: boolean, field: string, message: string): readonly Violation[] {
  return wrong ? [violation(field, message)] : [];
}
