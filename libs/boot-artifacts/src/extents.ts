/**
 * A file whose bytes lie elsewhere. The builders of this library only need its size; whoever serves the image opens it by name.
 */
export interface ForeignFile {
  readonly kind: 'foreign';
  /** Tells the server which file this is; meaningless to the builders. */
  readonly source: string;
  /** Bytes. */
  readonly size: number;
}

/** Content of a file on an image: bytes, text (UTF-8), or a file that lies elsewhere. */
export type Content = Uint8Array | string | ForeignFile;

/** A run of bytes of an image. Gaps between extents are zeros. */
export interface Extent {
  /** Bytes from the start of the image. */
  readonly offset: number;
  readonly length: number;
  readonly content: Uint8Array | ForeignFile;
}

/** An image as a list of runs, in order, without overlaps. */
export interface ImageLayout {
  /** Bytes. */
  readonly size: number;
  readonly extents: readonly Extent[];
}

/** A piece of an image to send: bytes at hand, so many zeros, or part of a file that lies elsewhere. */
export type Piece =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'zeros'; readonly length: number }
  | { readonly kind: 'foreign'; readonly source: string; readonly offset: number; readonly length: number };

/**
 * The pieces that make up `length` bytes from `offset`, in order; cut at the end of the image.
 * Cost: the extents touched, not the size of the image.
 */
export function* piecesOf({ size, extents }: ImageLayout, offset = 0, length = size - offset): Generator<Piece> {
  const end = Math.min(size, offset + length);
  let at = offset;
  for (let index = firstTouched(extents, offset); at < end && index < extents.length; index++) {
    const extent = extents[index];
    if (extent === undefined || extent.offset >= end) break;
    if (extent.offset > at) yield { kind: 'zeros', length: extent.offset - at };
    at = Math.max(at, extent.offset);
    const from = at - extent.offset;
    const take = Math.min(extent.length - from, end - at);
    const { content } = extent;
    if (content instanceof Uint8Array) yield { kind: 'bytes', bytes: content.subarray(from, from + take) };
    else yield { kind: 'foreign', source: content.source, offset: from, length: take };
    at += take;
  }
  if (at < end) yield { kind: 'zeros', length: end - at };
}

function firstTouched(extents: readonly Extent[], offset: number): number {
  let low = 0;
  let high = extents.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const extent = extents[middle];
    if (extent !== undefined && extent.offset + extent.length <= offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The whole image in memory; every extent must be bytes. For config drives and tests. */
export function imageBytes(layout: ImageLayout): Uint8Array<ArrayBuffer> {
  const image = new Uint8Array(layout.size);
  for (const { offset, content } of layout.extents) {
    if (!(content instanceof Uint8Array))
      throw new TypeError(`${content.source} lies elsewhere; read the image by pieces`);
    image.set(content, offset);
  }
  return image;
}

const encoder = new TextEncoder();

export const contentSize = (content: Content): number =>
  typeof content === 'string'
    ? encoder.encode(content).length
    : content instanceof Uint8Array
      ? content.length
      : content.size;

export const contentBytes = (content: Content): Uint8Array | ForeignFile =>
  typeof content === 'string' ? encoder.encode(content) : content;
