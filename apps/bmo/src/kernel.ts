/** Seconds since the epoch. */
export type Instant = number;
export type Seconds = number;

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/** Structural equality of JSON values; a missing key equals one that is undefined, never one that is null. */
export function sameJson(left: unknown, right: unknown): boolean {
  if (Object.is(left, right)) return true;
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false;
  if (Array.isArray(left) !== Array.isArray(right)) return false;
  const keys = new Set([...Object.keys(left), ...Object.keys(right)]);
  return [...keys].every((key) => sameJson(Reflect.get(left, key), Reflect.get(right, key)));
}

/** RFC 3339 with whole seconds, as Kubernetes writes times. */
export function timestampOf(now: Instant): string {
  return new Date(Math.floor(now) * 1000).toISOString().replace('.000Z', 'Z');
}

export function instantOf(timestamp: string | null | undefined): Instant | undefined {
  if (timestamp === null || timestamp === undefined || timestamp === '') return undefined;
  const milliseconds = Date.parse(timestamp);
  return Number.isNaN(milliseconds) ? undefined : milliseconds / 1000;
}
