/** Bytes `first` to `last`, both included. */
export interface ByteRange {
  readonly first: number;
  readonly last: number;
}

/** What part of a file a request asks for. */
export type RangeAnswer =
  | { readonly kind: 'whole' }
  /** One range, or several that neither overlap nor touch, in ascending order. */
  | { readonly kind: 'parts'; readonly ranges: readonly [ByteRange, ...ByteRange[]] }
  | { readonly kind: 'unsatisfiable' };

/** More ranges than any reader of an image needs are an attack (RFC 9110 17.15). */
const mostRanges = 16;

/**
 * Reads a Range header (RFC 9110 14.2). Other units, malformed headers and too many ranges are ignored, which the RFC allows: the whole
 * file is sent. Ranges that overlap or touch are sent as one.
 */
export function readRange(header: string | undefined, size: number): RangeAnswer {
  const match = /^bytes=([\d\s,-]+)$/i.exec(header?.trim() ?? '');
  if (match === null) return { kind: 'whole' };
  const asked = (match[1] ?? '').split(',').map((text) => text.trim());
  if (asked.length > mostRanges) return { kind: 'whole' };
  const ranges: ByteRange[] = [];
  for (const text of asked) {
    // Empty elements of a list are nothing (RFC 9110 5.6.1).
    if (text === '') continue;
    const range = readOne(text, size);
    if (range === 'malformed') return { kind: 'whole' };
    if (range !== undefined) ranges.push(range);
  }
  const [one, ...more] = joined(ranges);
  if (one !== undefined) return { kind: 'parts', ranges: [one, ...more] };
  return asked.every((text) => text === '') ? { kind: 'whole' } : { kind: 'unsatisfiable' };
}

/** Undefined when the file has none of these bytes. */
function readOne(text: string, size: number): ByteRange | undefined | 'malformed' {
  const match = /^(\d{0,30})-(\d{0,30})$/.exec(text);
  if (match === null || (match[1] === '' && match[2] === '')) return 'malformed';
  if (match[1] === '') {
    const suffix = Math.min(Number(match[2]), size);
    return suffix === 0 ? undefined : { first: size - suffix, last: size - 1 };
  }
  const first = Number(match[1]);
  if (match[2] !== '' && Number(match[2]) < first) return 'malformed';
  const last = match[2] === '' ? size - 1 : Math.min(Number(match[2]), size - 1);
  return first >= size ? undefined : { first, last };
}

function joined(ranges: readonly ByteRange[]): ByteRange[] {
  const result: ByteRange[] = [];
  for (const range of ranges.toSorted((one, other) => one.first - other.first)) {
    const before = result.at(-1);
    if (before === undefined || range.first > before.last + 1) result.push(range);
    else result[result.length - 1] = { first: before.first, last: Math.max(before.last, range.last) };
  }
  return result;
}

/** Evaluates If-None-Match (RFC 9110 13.1.2) with weak comparison. */
export function isNotModified(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  if (header.trim() === '*') return true;
  return header.split(',').some((candidate) => candidate.trim().replace(/^W\//, '') === etag);
}
