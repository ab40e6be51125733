import type { LocalFile } from '../files/ports.ts';
import type { LentBytes } from './block-cache.ts';
import type { OpenFile, OpenFiles } from './open-files.ts';

/** A run of bytes to send. */
export type BodyPart =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'zeros'; readonly length: number }
  | FilePart;

interface FilePart {
  readonly kind: 'file';
  readonly file: LocalFile;
  readonly offset: number;
  readonly length: number;
}

export interface Chunks {
  /** Some more bytes, at least one; undefined at the end. Not to be called again before a promise is settled. */
  next(): LentBytes | Promise<LentBytes> | undefined;
  close(): void;
}

const zeros = Buffer.alloc(64 * 1024);

/**
 * Parts one after the other as bytes to send; a file is open only while its part is read.
 * @param ownChunk bytes that may be read at once where no block can be borrowed
 */
export function chunksOf(parts: Iterable<BodyPart>, files: OpenFiles, ownChunk: () => number): Chunks {
  const iterator = parts[Symbol.iterator]();
  let part: BodyPart | undefined;
  let at = 0;
  let left = 0;
  let file: OpenFile | undefined;
  let closed = false;

  function advance(): BodyPart | undefined {
    while (left === 0) {
      file?.release();
      file = undefined;
      const step = iterator.next();
      if (step.done === true) return undefined;
      part = step.value;
      at = part.kind === 'file' ? part.offset : 0;
      left = part.kind === 'bytes' ? part.bytes.length : part.length;
    }
    return part;
  }

  /** What the part still has of these bytes. */
  function taken({ bytes, release }: LentBytes): LentBytes {
    const mine = bytes.length > left ? bytes.subarray(0, left) : bytes;
    at += mine.length;
    left -= mine.length;
    return { bytes: mine, release };
  }

  function takenFromFile(local: LocalFile, lent: LentBytes): LentBytes {
    if (lent.bytes.length > 0) return taken(lent);
    lent.release();
    throw new Error(`${local.path} is shorter than it was`);
  }

  function fromFile({ file: local, length }: FilePart, open: OpenFile): LentBytes | Promise<LentBytes> {
    const lent = open.lend(at, length) ?? readOwn(open, at, Math.min(left, ownChunk()));
    return lent instanceof Promise ? lent.then((bytes) => takenFromFile(local, bytes)) : takenFromFile(local, lent);
  }

  async function afterOpening(part: FilePart, opening: Promise<OpenFile>): Promise<LentBytes> {
    const opened = await opening;
    if (closed) {
      opened.release();
      throw new Error('the reader has gone away');
    }
    file = opened;
    return fromFile(part, opened);
  }

  return {
    next() {
      const now = advance();
      if (now === undefined) return undefined;
      if (now.kind === 'bytes') return taken({ bytes: now.bytes.subarray(at), release: nothing });
      if (now.kind === 'zeros') return taken({ bytes: zeros, release: nothing });
      const open = file ?? files.open(now.file);
      if (open instanceof Promise) return afterOpening(now, open);
      file = open;
      return fromFile(now, open);
    },
    close() {
      closed = true;
      file?.release();
      file = undefined;
    },
  };
}

const nothing = () => {};

async function readOwn(file: OpenFile, position: number, length: number): Promise<LentBytes> {
  const buffer = Buffer.allocUnsafe(length);
  return { bytes: buffer.subarray(0, await file.read(buffer, position)), release: nothing };
}
