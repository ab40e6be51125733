/** Reads up to a block at `position`; resolves with fewer bytes at the end of the file. */
type ReadBlock = (length: number, position: number) => Promise<Uint8Array>;

/**
 * Blocks of files that were read lately. Firmware reads an image sector by sector and machines of one fleet read the same one: without
 * this each request of 2 KiB would cost a turn of Node's thread pool, which takes longer than all the rest of the request.
 */
export interface BlockCache {
  /**
   * Copies bytes of a file into `target`. Only for reads of at most a block.
   * @param digest names the file, whose content therefore never changes
   */
  read(digest: string, target: Uint8Array, position: number, readBlock: ReadBlock): number | Promise<number>;
}

export const blockSize = 64 * 1024;

/** @param budget bytes that all blocks together may take */
export function blockCache(budget = 32 * 1024 * 1024): BlockCache {
  /** In the order of use, oldest first; a promise while it is being read. */
  const blocks = new Map<string, Uint8Array | Promise<Uint8Array>>();
  const most = Math.max(1, Math.floor(budget / blockSize));

  function blockAt(digest: string, index: number, readBlock: ReadBlock): Uint8Array | Promise<Uint8Array> {
    const key = `${digest} ${index}`;
    const known = blocks.get(key);
    if (known !== undefined) {
      blocks.delete(key);
      blocks.set(key, known);
      return known;
    }
    const reading = readBlock(blockSize, index * blockSize).then(
      (block) => {
        if (blocks.get(key) === reading) blocks.set(key, block);
        return block;
      },
      (error: unknown) => {
        if (blocks.get(key) === reading) blocks.delete(key);
        throw error;
      },
    );
    blocks.set(key, reading);
    if (blocks.size > most) {
      const [oldest] = blocks.keys();
      if (oldest !== undefined) blocks.delete(oldest);
    }
    return reading;
  }

  return {
    read(digest, target, position, readBlock) {
      const index = Math.floor(position / blockSize);
      const within = position - index * blockSize;
      const copy = (block: Uint8Array) => {
        const part = block.subarray(within, within + target.length);
        target.set(part);
        return part.length;
      };
      const block = blockAt(digest, index, readBlock);
      return block instanceof Uint8Array ? copy(block) : block.then(copy);
    },
  };
}
