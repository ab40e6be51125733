/** A JSON object. */
export type JsonObject = { [field: string]: unknown };

/**
 * The RFC 7386 merge patch that turns `before` into `after`, undefined if they are the same. Fields that are absent
 * or undefined in `after` become null; lists are replaced whole.
 */
export function mergePatchOf(before: unknown, after: unknown): JsonObject | undefined {
  const patch = difference(asObject(before), asObject(after));
  return Object.keys(patch).length === 0 ? undefined : patch;
}

/** Whether two JSON values are the same; a field that is undefined counts as absent. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a) || Array.isArray(b)) {
    return (
      Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((value, at) => sameJson(value, b[at]))
    );
  }
  if (!isObject(a) || !isObject(b)) return false;
  for (const field of Object.keys(a)) if (!sameJson(a[field], b[field])) return false;
  for (const field of Object.keys(b)) if (b[field] !== undefined && a[field] === undefined) return false;
  return true;
}

function difference(before: JsonObject, after: JsonObject): JsonObject {
  const patch: JsonObject = {};
  for (const [field, value] of Object.entries(after)) {
    const old = before[field];
    if (value === undefined || sameJson(old, value)) continue;
    patch[field] = isObject(old) && isObject(value) ? difference(old, value) : value;
  }
  for (const field of Object.keys(before)) {
    if (before[field] !== undefined && after[field] === undefined) patch[field] = null;
  }
  return patch;
}

function asObject(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
