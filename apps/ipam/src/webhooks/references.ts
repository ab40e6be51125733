import type { FieldProblem } from '@metal3/kube-admission';
import { invalid } from './field.ts';

/** What a reference must not lose; the rest of it (API version, UID) may be filled in later. */
export interface Reference {
  readonly name?: string;
  readonly namespace?: string;
  readonly kind?: string;
}

export function requiredReference(field: string, { name = '' }: Reference): readonly FieldProblem[] {
  return name === '' ? [invalid(`${field}.name`, name, 'cannot be empty')] : [];
}

export function fixedReference(field: string, before: Reference, after: Reference): readonly FieldProblem[] {
  const changed = (['name', 'namespace', 'kind'] as const).some((part) => (before[part] ?? '') !== (after[part] ?? ''));
  return changed ? [invalid(field, after, 'cannot be modified')] : [];
}
