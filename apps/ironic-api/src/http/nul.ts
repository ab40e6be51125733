import { invalid } from '../faults.ts';

/** U+0000: the one character of JSON that PostgreSQL cannot keep in text, and that no name or description is ever meant to hold. */
const nul = '\0';

/** What is said of a text with a NUL character, wherever it stands. */
const refusal = (where: string): string =>
  `Invalid ${where}: it holds a NUL character (\\u0000), which cannot be stored. Leave that character out.`;

/**
 * Refuses a URL with an encoded NUL. An encoded percent sign before two zeros is none: `%2500` means the text `%00`.
 *
 * @throws Fault (400)
 */
export function refuseNulInUrl(url: string): void {
  if (url.includes('%00')) throw invalid(refusal('URL'));
}

/**
 * Refuses a JSON value that holds a NUL character in any text or key, naming the field.
 *
 * @throws Fault (400)
 */
export function refuseNul(value: unknown, path = ''): void {
  if (typeof value === 'string') {
    if (value.includes(nul)) throw invalid(refusal(path === '' ? 'request body' : path));
    return;
  }
  if (value === null || typeof value !== 'object' || value instanceof Uint8Array) return;
  for (const [key, inner] of Object.entries(value)) {
    if (key.includes(nul)) throw invalid(refusal(`name of a field${path === '' ? '' : ` in ${path}`}`));
    refuseNul(inner, path === '' ? key : `${path}.${key}`);
  }
}

/** The same value without NUL characters: firmware pads the serial numbers and names that machines report about themselves with them. */
export function withoutNul(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll(nul, '');
  if (Array.isArray(value)) return value.map(withoutNul);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key.replaceAll(nul, ''), withoutNul(inner)]));
}

/** True for JSON text that may hold a NUL: only such text is worth walking through. */
export const maySpellNul = (json: string): boolean => json.includes('\\u0000');
