import { mask, type Json, type JsonObject } from '@metal3/node';

/**
 * A patched object with the masks that a client sent back replaced by what is stored: a read followed by a write keeps every secret.
 */
export function restoreMasked(patched: JsonObject, stored: JsonObject): JsonObject {
  return restore(patched, stored) as JsonObject;
}

function restore(patched: Json, stored: Json | undefined): Json {
  if (patched === mask && stored !== undefined) return stored;
  if (patched === null || typeof patched !== 'object') return patched;
  const before = stored !== null && typeof stored === 'object' ? (stored as Readonly<Record<string, Json>>) : {};
  if (Array.isArray(patched)) return patched.map((item, index) => restore(item as Json, before[index]));
  return Object.fromEntries(Object.entries(patched).map(([key, value]) => [key, restore(value, before[key])]));
}
