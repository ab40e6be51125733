import { addressServiceErrors as errors } from './errors.ts';

export interface PageRequest {
  readonly pageSize: number;
  readonly pageToken: string;
}

const usual = 500;
const most = 5_000;

/**
 * One page of things in the order of their keys. The token tells the key after which the next page begins, so that it stays good whatever
 * comes and goes meanwhile, and on every replica.
 *
 * @param keyOf a text that only this thing has
 */
export function pageOf<T>(
  things: Iterable<T>,
  keyOf: (thing: T) => string,
  { pageSize, pageToken }: PageRequest,
): { readonly items: readonly T[]; readonly nextPageToken: string } {
  if (pageSize < 0) throw errors.invalid(`page_size is ${pageSize}: give 0 to ${most}`);
  const after = readToken(pageToken);
  const size = pageSize === 0 ? usual : Math.min(pageSize, most);
  const keyed: [key: string, thing: T][] = [];
  for (const thing of things) {
    const key = keyOf(thing);
    if (after === undefined || key > after) keyed.push([key, thing]);
  }
  keyed.sort(([a], [b]) => (a < b ? -1 : 1));
  const page = keyed.slice(0, size);
  const last = page.at(-1);
  const nextPageToken = last === undefined || keyed.length <= size ? '' : tokenFor(last[0]);
  return { items: page.map(([, thing]) => thing), nextPageToken };
}

const edition = 'after:';

function tokenFor(key: string): string {
  return Buffer.from(edition + key).toString('base64url');
}

function readToken(token: string): string | undefined {
  if (token === '') return undefined;
  const text = Buffer.from(token, 'base64url').toString();
  if (!text.startsWith(edition))
    throw errors.invalid('page_token is none of ours: give the next_page_token of an answer');
  return text.slice(edition.length);
}
