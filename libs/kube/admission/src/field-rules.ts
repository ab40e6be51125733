import type { KubeObject } from '@metal3/kube-client';
import type { AdmissionRequest, AdmissionVerdict, FieldProblem } from './review.ts';

/** What is wrong with an object of one kind, field by field. */
export interface FieldRules<T> {
  /** With an object that is new. */
  readonly created: (object: T) => readonly FieldProblem[];
  /** With an object as it is to be after an update. */
  readonly updated: (before: T, after: T) => readonly FieldProblem[];
  /** What is let in, and people are told of; not asked of an object that is refused. */
  readonly warnings?: (object: T) => readonly string[];
}

/**
 * Reviews an object by the rules of its kind. Writes of a status are not judged: they are the controller's own. Nor is an object on its
 * way out: it must be let go even if it would not be let in.
 */
export function reviewFields<T extends KubeObject>(
  { operation, object, oldObject, subResource }: AdmissionRequest<T>,
  { created, updated, warnings = () => [] }: FieldRules<T>,
): AdmissionVerdict {
  if (object === null || object === undefined || (subResource ?? '') !== '') return {};
  if (object.metadata.deletionTimestamp !== undefined) return {};
  const problems = operation === 'UPDATE' && oldObject ? updated(oldObject, object) : created(object);
  return { problems, warnings: problems.length > 0 ? [] : warnings(object) };
}

/** A problem in the words of the API server: what was given, then what is wrong with it. */
export function invalidField(field: string, given: unknown, wrong: string): FieldProblem {
  return { field, message: `Invalid value: ${JSON.stringify(given) ?? 'null'}: ${wrong}` };
}

/** A field that must be given. */
export function requiredField(field: string, why: string): FieldProblem {
  return { field, message: `Required value: ${why}`, reason: 'FieldValueRequired' };
}

/** A field that must not be given here, or not be given this. */
export function forbiddenField(field: string, why: string): FieldProblem {
  return { field, message: `Forbidden: ${why}`, reason: 'FieldValueForbidden' };
}
