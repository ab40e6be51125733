import type { FileHandle } from 'node:fs/promises';

/** An image as the inspection reads it: here and there, never whole. */
export interface ImageReader {
  /** Bytes of the file. */
  readonly size: number;
  /** Bytes from `offset`; fewer than `length` where the file ends. */
  read(offset: number, length: number): Promise<Buffer>;
}

export async function fileReader(file: FileHandle): Promise<ImageReader> {
  const { size } = await file.stat();
  return {
    size,
    async read(offset, length) {
      const wanted = Math.max(0, Math.min(length, size - offset));
      const { bytesRead, buffer } = await file.read(Buffer.alloc(wanted), 0, wanted, offset);
      return buffer.subarray(0, bytesRead);
    },
  };
}

/** An image in memory, for tests. */
export const bytesReader = (bytes: Uint8Array): ImageReader => ({
  size: bytes.length,
  read: (offset, length) => Promise.resolve(Buffer.from(bytes.subarray(offset, offset + length))),
});

/** A 64-bit number that is an offset or a size; what no file can have becomes the largest safe integer, which every limit refuses. */
export function safe(value: bigint): number {
  return value > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(value);
}
