import type { ServerResponse } from 'node:http';
import type { LentBytes } from './block-cache.ts';
import { chunksOf, type BodyPart } from './chunks.ts';
import type { OpenFiles } from './open-files.ts';

export type { BodyPart } from './chunks.ts';

export interface BodySender {
  /**
   * Writes all parts and ends the response; resolves with the bytes written once the socket has taken them. Rejects when the reader goes
   * away. Memory: blocks of files are shared between all responses; where there is no room for more of them each response has two
   * chunks of its own, smaller the more responses there are.
   */
  send(response: ServerResponse, parts: Iterable<BodyPart>, length: number): Promise<number>;
  /** Responses under way. */
  readonly active: number;
}

const largestChunk = 512 * 1024;
const smallestChunk = 16 * 1024;
/** Bytes that a socket may have before it and not have taken yet; the next are read meanwhile. */
const ahead = largestChunk;

/** @param budget bytes that all responses together may hold of their own; readers that take nothing hold theirs until they are given up */
export function bodySender(files: OpenFiles, budget = 64 * 1024 * 1024): BodySender {
  let active = 0;
  const ownChunk = () => Math.max(smallestChunk, Math.min(largestChunk, Math.floor(budget / (2 * active))));

  return {
    get active() {
      return active;
    },
    async send(response, parts, length) {
      active++;
      const chunks = chunksOf(parts, files, ownChunk);
      const outlet = outletOf(response);
      try {
        for (let left = length; left > 0;) {
          const next = chunks.next();
          const chunk = next instanceof Promise ? await next : next;
          if (chunk === undefined) throw new Error('the body is shorter than was said');
          left -= chunk.bytes.length;
          outlet.put(chunk, left === 0);
          while (outlet.isFull()) await outlet.room();
        }
        if (!(await outlet.over)) throw new Error('the reader has gone away');
        return length;
      } finally {
        chunks.close();
        outlet.close();
        active--;
      }
    },
  };
}

/** The way of chunks into one response. */
function outletOf(response: ServerResponse) {
  const waiting = new Set<LentBytes>();
  let bytes = 0;
  let wake = () => {};
  let gone = response.destroyed;

  function sent(chunk: LentBytes): void {
    if (!waiting.delete(chunk)) return;
    bytes -= chunk.bytes.length;
    chunk.release();
    wake();
  }

  return {
    /** Resolves at the end of the response: true when all of it was sent, false when the reader has gone away. */
    over: new Promise<boolean>((resolve) => {
      if (gone) return resolve(false);
      let whole = false;
      response.once('finish', () => (whole = true));
      response.once('close', () => {
        gone = !whole;
        resolve(whole);
        wake();
      });
    }),
    isFull: () => bytes > ahead && !gone,
    room: () => new Promise<void>((resolve) => (wake = resolve)),
    /** Takes over the chunk and releases it in the end. */
    put(chunk: LentBytes, last: boolean): void {
      if (gone) {
        chunk.release();
        throw new Error('the reader has gone away');
      }
      waiting.add(chunk);
      bytes += chunk.bytes.length;
      // Headers and the only chunk of a small answer leave together.
      if (last) response.end(chunk.bytes);
      else response.write(chunk.bytes, () => sent(chunk));
    },
    /** Once the reader has gone away, its last writes may never be answered. */
    close() {
      for (const chunk of waiting) chunk.release();
      waiting.clear();
    },
  };
}
