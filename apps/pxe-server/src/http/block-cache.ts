/** Bytes of a file in memory. They stay as they are until they are given back, which is to be done once. */
export interface LentBytes {
  readonly bytes: Uint8Array;
  release(): void;
}

/** Fills the buffer from `position` of the file; resolves with the number of bytes, fewer at the end of the file. */
type FillBlock = (buffer: Uint8Array, position: number) => Promise<number>;

/**
 * Blocks of files that were read lately. Firmware reads an image sector by sector, and machines of one fleet read the same one at the
 * same time: all of them are sent the same bytes from the same place in memory, read once, without a copy for each.
 */
export interface BlockCache {
  /**
   * The bytes from `position` to the end of the block it lies in, or of the file; none beyond that. Undefined when so many blocks are lent
   * that there is no place for another: the caller then reads for itself.
   * @param digest names the file, whose content therefore never changes
   */
  lend(digest: string, position: number, fill: FillBlock): LentBytes | Promise<LentBytes> | undefined;
}

export interface BlockCacheSettings {
  /** Bytes. */
  readonly blockSize: number;
  /** Blocks that nobody has borrowed and that are kept for the next reader, at least 1. */
  readonly spare: number;
  /** Blocks in all. */
  readonly most: number;
}

interface Block {
  readonly key: string;
  readonly buffer: Buffer;
  /** How much of the buffer is content; a promise while it is being read. */
  length: number | Promise<number>;
  /** Loans that have not been given back. */
  users: number;
}

export function blockCache({ blockSize, spare, most }: BlockCacheSettings): BlockCache {
  /** In the order of use, oldest first. */
  const blocks = new Map<string, Block>();
  let lent = 0;

  /** Memory for one more block: that of the block used longest ago which nobody has borrowed, or new memory. */
  function place(): Buffer | undefined {
    const free = blocks.size - lent;
    if (free < spare && blocks.size < most) return Buffer.allocUnsafeSlow(blockSize);
    for (const block of blocks.values()) {
      if (block.users > 0) continue;
      blocks.delete(block.key);
      return block.buffer;
    }
    return undefined;
  }

  function blockAt(key: string, position: number, fill: FillBlock): Block | undefined {
    const known = blocks.get(key);
    if (known !== undefined) {
      blocks.delete(key);
      blocks.set(key, known);
      return known;
    }
    const buffer = place();
    if (buffer === undefined) return undefined;
    const reading = fill(buffer, position).then(
      (length) => (block.length = length),
      (error: unknown) => {
        blocks.delete(key);
        lent--;
        throw error;
      },
    );
    const block: Block = { key, buffer, length: reading, users: 0 };
    blocks.set(key, block);
    return block;
  }

  return {
    lend(digest, position, fill) {
      const index = Math.floor(position / blockSize);
      const block = blockAt(`${digest} ${index}`, index * blockSize, fill);
      if (block === undefined) return undefined;
      if (block.users++ === 0) lent++;
      const release = () => {
        if (--block.users === 0) lent--;
      };
      const handOut = (length: number) => ({
        bytes: block.buffer.subarray(position - index * blockSize, length),
        release,
      });
      return typeof block.length === 'number' ? handOut(block.length) : block.length.then(handOut);
    },
  };
}
