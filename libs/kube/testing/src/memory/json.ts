import { applyPatch, type Operation, Pointer } from 'rfc6902';
import { type JsonPatchOperation, KubeError } from '@metal3/kube-client';

export type Json = { [field: string]: unknown };

export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** RFC 7386. */
export function applyMergePatch(target: Json, patch: Json): Json {
  const result: Json = { ...target };
  for (const [field, value] of Object.entries(patch)) {
    const old = result[field];
    if (value === null) delete result[field];
    else if (isJson(value)) result[field] = applyMergePatch(isJson(old) ? old : {}, value);
    else result[field] = structuredClone(value);
  }
  return result;
}

/** RFC 6902. @throws KubeError Invalid, as the API server answers a patch that does not fit */
export function applyJsonPatch(target: Json, operations: readonly JsonPatchOperation[]): Json {
  const result = structuredClone(target);
  for (const operation of structuredClone(operations) as Operation[]) {
    // The API server takes a field that is not there for null.
    const isAbsent =
      operation.op === 'test' && operation.value === null && Pointer.fromJSON(operation.path).get(result) === undefined;
    const [failed] = isAbsent ? [] : applyPatch(result, [operation]);
    if (failed) {
      throw new KubeError('Invalid', `the JSON patch does not fit: ${failed.message}`, { status: 422, cause: failed });
    }
  }
  return result;
}

/** What the same manager applied before and leaves out now: those fields go. */
export function droppedByApply(before: Json, now: Json): Json {
  const dropped: Json = {};
  for (const [field, value] of Object.entries(before)) {
    const next = now[field];
    if (next === undefined) dropped[field] = null;
    else if (isJson(value) && isJson(next)) {
      const inner = droppedByApply(value, next);
      if (Object.keys(inner).length > 0) dropped[field] = inner;
    }
  }
  return dropped;
}
