/** Fields of which an empty text is the value and not its absence. */
const texts: ReadonlySet<string> = new Set(['value', 'key']);
/** Fields that must be there, if only as an empty object. */
const kept: ReadonlySet<string> = new Set(['macAddress', 'gateway']);

/**
 * What the old version writes out although it is not set (empty texts, lists and objects), left out as the new version wants it; all
 * the way down.
 */
export function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmpty);
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).map(([name, field]) => [name, withoutEmpty(field)] as const);
  return Object.fromEntries(fields.filter(([name, field]) => isSet(name, field)));
}

function isSet(name: string, field: unknown): boolean {
  if (field === undefined || field === null) return false;
  if (field === '') return texts.has(name);
  if (Array.isArray(field)) return field.length > 0;
  if (typeof field !== 'object') return true;
  // A reference that names nothing is none.
  if (name === 'fromPoolRef' && !('name' in field)) return false;
  return kept.has(name) || Object.keys(field).length > 0;
}
