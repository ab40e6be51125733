import { invalid, notAcceptable } from '../faults.ts';

export type RawQuery = Readonly<Record<string, string | readonly string[] | undefined>>;

const truthy = new Set(['1', 't', 'true', 'on', 'y', 'yes']);
const falsy = new Set(['0', 'f', 'false', 'off', 'n', 'no']);

/** Ironic's strict booleans, in any case. */
export function parseBoolean(name: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  const text = String(value).trim().toLowerCase();
  if (truthy.has(text)) return true;
  if (falsy.has(text)) return false;
  const acceptable = [...truthy, ...falsy].sort().map((word) => `'${word}'`);
  throw invalid(
    `Invalid ${name}: Unrecognized value '${String(value)}', acceptable values are: ${acceptable.join(', ')}`,
  );
}

const uuidPattern = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;
export const isUuid = (text: string): boolean => uuidPattern.test(text);

const macPattern = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i;
export const isMac = (text: string): boolean => macPattern.test(text);

const namePattern = /^[A-Za-z0-9._~-]{1,255}$/;
/** RFC 3986 unreserved characters only, and nothing that could be taken for a UUID. */
export const isLogicalName = (text: string): boolean => namePattern.test(text) && !isUuid(text);

export function parseUuid(name: string, value: unknown): string {
  if (typeof value === 'string' && isUuid(value)) return value;
  throw invalid(`Expected UUID for ${name}: ${String(value)}`);
}

export function parseMac(name: string, value: unknown): string {
  if (typeof value === 'string' && isMac(value)) return value.toLowerCase();
  throw invalid(`Expected valid MAC address for ${name}: ${String(value)}`);
}

export function parseInteger(name: string, value: unknown): number {
  if (typeof value === 'number' && Number.isInteger(value)) return value;
  const text = String(value).trim();
  if (/^[+-]?\d{1,15}$/.test(text)) return Number(text);
  throw invalid(`Expected an integer for ${name}: ${String(value)}`);
}

/** A comma list: split, trimmed, without repeats. Repeated parameters count as one list. */
export function parseList(value: string | readonly string[]): string[] {
  const words = (typeof value === 'string' ? [value] : value).flatMap((text) => text.split(','));
  return [...new Set(words.map((word) => word.trim()).filter((word) => word !== ''))];
}

/**
 * The query of one request, read argument by argument against the microversion. Asking twice is cheap; what nobody asked for is refused
 * by `refuseOthers`, as upstream does.
 */
export class Query {
  readonly #raw: RawQuery;
  readonly #minor: number;
  readonly #known = new Set<string>();

  constructor(raw: RawQuery, minor: number) {
    this.#raw = raw;
    this.#minor = minor;
  }

  /** The text of an argument, or undefined. Given below `since` it is not acceptable. */
  text(name: string, since = 1): string | undefined {
    this.#known.add(name);
    const value = this.#raw[name];
    if (value === undefined) return undefined;
    if (this.#minor < since) throw notAcceptable();
    return typeof value === 'string' ? value : value.at(-1);
  }

  boolean(name: string, since = 1): boolean | undefined {
    const value = this.text(name, since);
    return value === undefined ? undefined : parseBoolean(name, value);
  }

  /** The `detail` of a list; unlike other arguments that came later it is no valid one before `since`. @throws Fault (400) */
  detail(since = 43): boolean {
    const detail = this.boolean('detail');
    if (detail === undefined || this.#minor >= since) return detail ?? false;
    throw invalid(`Invalid query parameter ?detail=${detail ? 'True' : 'False'} received.`);
  }

  integer(name: string, since = 1): number | undefined {
    const value = this.text(name, since);
    return value === undefined ? undefined : parseInteger(name, value);
  }

  uuid(name: string, since = 1): string | undefined {
    const value = this.text(name, since);
    return value === undefined ? undefined : parseUuid(name, value);
  }

  list(name: string, since = 1): string[] | undefined {
    this.#known.add(name);
    const value = this.#raw[name];
    if (value === undefined) return undefined;
    if (this.#minor < since) throw notAcceptable();
    return parseList(value);
  }

  /** @throws Fault (400) naming every argument nobody asked about */
  refuseOthers(): void {
    const unexpected = Object.keys(this.#raw).filter((name) => !this.#known.has(name));
    if (unexpected.length > 0) throw invalid(`Unexpected arguments: ${unexpected.sort().join(', ')}`);
  }
}
