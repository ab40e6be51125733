import { createReadStream, createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { imageErrors } from '../../errors.ts';
import { systemCode } from '../../files/system-code.ts';

export type Compression = 'gzip' | 'zstd';

/** How a file is compressed, by its first bytes. */
export async function compressionOf(path: string): Promise<Compression | undefined> {
  const file = await open(path);
  try {
    const { buffer } = await file.read(Buffer.alloc(4), 0, 4, 0);
    if (buffer.readUInt16BE(0) === 0x1f8b) return 'gzip';
    return buffer.readUInt32LE(0) === 0xfd2fb528 ? 'zstd' : undefined;
  } finally {
    await file.close();
  }
}

/**
 * Unpacks a file, but no more than `limit` bytes of it.
 * @throws CodedError IMAGE-COMPRESSION, IMAGE-TOO-LARGE
 */
export async function unpack(
  from: string,
  to: string,
  compression: Compression,
  { limit, progress, signal }: { limit: number; progress: (bytes: number) => void; signal: AbortSignal },
): Promise<void> {
  let bytes = 0;
  const counted = async function* (source: AsyncIterable<Uint8Array>) {
    for await (const chunk of source) {
      bytes += chunk.length;
      if (bytes > limit) throw imageErrors.tooLarge(`the unpacked image has more than ${limit} bytes`);
      progress(bytes);
      yield chunk;
    }
  };
  const decompress = compression === 'gzip' ? createGunzip() : createZstdDecompress();
  try {
    await pipeline(createReadStream(from), decompress, counted, createWriteStream(to), { signal });
  } catch (error) {
    if (/^(Z_|ZSTD_|ERR_ZLIB)/.test(systemCode(error))) {
      throw imageErrors.compression(`the image is not sound ${compression} data: ${(error as Error).message}`, {
        cause: error,
      });
    }
    throw error;
  }
}
