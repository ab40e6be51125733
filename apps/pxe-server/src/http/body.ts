import type { ServerResponse } from 'node:http';
import { finished } from 'node:stream/promises';
import type { LocalFile } from '../files/ports.ts';
import type { OpenFile, OpenFiles } from './open-files.ts';

/** A run of bytes to send. */
export type BodyPart =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'zeros'; readonly length: number }
  | { readonly kind: 'file'; readonly file: LocalFile; readonly offset: number; readonly length: number };

export interface BodySender {
  /**
   * Writes all parts and ends the response; resolves with the bytes written once the socket has taken them. Rejects when the reader goes
   * away. Memory: two chunks for each response, less the more responses there are.
   */
  send(response: ServerResponse, parts: Iterable<BodyPart>, length: number): Promise<number>;
  /** Responses under way. */
  readonly active: number;
}

const largestChunk = 512 * 1024;
const smallestChunk = 16 * 1024;

/** @param budget bytes that all responses together may hold; readers that take nothing hold theirs until they are given up */
export function bodySender(files: OpenFiles, budget = 64 * 1024 * 1024): BodySender {
  let active = 0;
  /** Buffers of the largest size, which most of the bytes pass through. */
  const spare: Buffer[] = [];

  const chunkSize = () => Math.max(smallestChunk, Math.min(largestChunk, Math.floor(budget / (2 * active))));

  function take(wanted: number): Buffer {
    if (wanted === largestChunk) return spare.pop() ?? Buffer.allocUnsafeSlow(largestChunk);
    return Buffer.allocUnsafe(wanted);
  }

  function give(buffer: Buffer): void {
    if (buffer.length === largestChunk && spare.length < 8) spare.push(buffer);
  }

  async function pump(response: ServerResponse, reader: PartReader, length: number): Promise<void> {
    let writing: Promise<void> = Promise.resolve();
    for (let left = length; left > 0;) {
      // The next chunk is read while the last one is on its way.
      const buffer = take(Math.min(left, chunkSize()));
      const bytes = await reader.fill(buffer);
      await writing;
      if (bytes === 0) throw new Error('the body is shorter than was said');
      left -= bytes;
      const chunk = bytes === buffer.length ? buffer : buffer.subarray(0, bytes);
      writing = write(response, chunk).then(() => give(buffer));
      // Failures surface at the next await; without a handler now Node would report them as unhandled.
      writing.catch(() => {});
    }
    // Headers and the only chunk of a small answer leave together.
    response.end();
    await writing;
  }

  return {
    get active() {
      return active;
    },
    async send(response, parts, length) {
      active++;
      const reader = partReader(parts, files);
      try {
        const sent = finished(response);
        await Promise.race([pump(response, reader, length).then(() => sent), sent]);
        return length;
      } finally {
        // Not by the pump: once the reader has gone away its last write may never be answered.
        reader.close();
        active--;
      }
    },
  };
}

function write(response: ServerResponse, chunk: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    response.write(chunk, (error) => (error === undefined || error === null ? resolve() : reject(error)));
  });
}

interface PartReader {
  /** Fills the buffer; less than that only at the end. */
  fill(buffer: Buffer): Promise<number>;
  close(): void;
}

/** Reads parts one after the other; a file is open only while its part is read. */
function partReader(parts: Iterable<BodyPart>, files: OpenFiles): PartReader {
  const iterator = parts[Symbol.iterator]();
  let closed = false;
  let part: BodyPart | undefined;
  let at = 0;
  let file: OpenFile | undefined;

  const lengthOf = (of: BodyPart) => (of.kind === 'bytes' ? of.bytes.length : of.length);

  function next(): boolean {
    file?.release();
    file = undefined;
    at = 0;
    const step = iterator.next();
    part = step.done === true ? undefined : step.value;
    return part !== undefined;
  }

  async function opened(local: LocalFile): Promise<OpenFile> {
    const mine = await files.open(local);
    if (!closed) return mine;
    mine.release();
    throw new Error('the reader has gone away');
  }

  return {
    async fill(buffer) {
      let filled = 0;
      while (filled < buffer.length) {
        if (part === undefined || at === lengthOf(part)) {
          if (!next() || part === undefined) break;
        }
        const take = Math.min(lengthOf(part) - at, buffer.length - filled);
        let got = take;
        switch (part.kind) {
          case 'bytes':
            buffer.set(part.bytes.subarray(at, at + take), filled);
            break;
          case 'zeros':
            buffer.fill(0, filled, filled + take);
            break;
          case 'file':
            file ??= await opened(part.file);
            got = await file.read(buffer, filled, take, part.offset + at);
            if (got === 0 && take > 0) throw new Error(`${part.file.path} is shorter than it was`);
        }
        at += got;
        filled += got;
      }
      return filled;
    },
    close() {
      closed = true;
      file?.release();
      file = undefined;
    },
  };
}
