import { close, fstat, open, read } from 'node:fs';
import { promisify } from 'node:util';
import type { Clock } from '@metal3/service';
import type { LocalFile } from '../files/ports.ts';
import { blockCache, blockSize } from './block-cache.ts';

/** A file that is open for reading at any position. */
export interface OpenFile {
  /** Reads up to `length` bytes at `position` into `buffer` at `offset`; tells how many there were, 0 at the end. */
  read(buffer: Uint8Array, offset: number, length: number, position: number): number | Promise<number>;
  /** To be called once by whoever opened it. */
  release(): void;
}

export interface OpenFiles {
  /** @throws Error of the file system, and when the file no longer has the size it had */
  open(file: LocalFile): Promise<OpenFile>;
}

interface Held {
  readonly fd: Promise<number>;
  users: number;
  forget: (() => void) | undefined;
}

/** Firmware and BMCs read an image in thousands of small ranges: a file stays open this long for the next one. */
const idleMs = 5_000;

const openFile = promisify(open);
const stat = promisify(fstat);

/** Keeps files open between requests, each once however many read it. */
export function openFiles(clock: Clock): OpenFiles {
  /** By content, since another file may come to the same path. */
  const held = new Map<string, Held>();
  const blocks = blockCache();

  function release(digest: string, file: Held): void {
    file.users--;
    if (file.users > 0) return;
    file.forget = clock.after(idleMs, () => {
      if (held.get(digest) === file) held.delete(digest);
      void file.fd.then((fd) => close(fd));
    });
  }

  return {
    async open(local) {
      const { digest } = local;
      let file = held.get(digest);
      if (file === undefined) {
        file = { fd: openWhole(local), users: 0, forget: undefined };
        held.set(digest, file);
      }
      const mine = file;
      mine.users++;
      mine.forget?.();
      mine.forget = undefined;
      let fd: number;
      try {
        fd = await mine.fd;
      } catch (error) {
        if (held.get(digest) === mine) held.delete(digest);
        throw error;
      }
      return {
        read(buffer, offset, length, position) {
          if (length > blockSize / 2) return readAt(fd, buffer, offset, length, position);
          return blocks.read(digest, buffer.subarray(offset, offset + length), position, async (size, at) => {
            const block = Buffer.allocUnsafeSlow(size);
            return block.subarray(0, await readAt(fd, block, 0, size, at));
          });
        },
        release: () => release(digest, mine),
      };
    },
  };
}

function readAt(fd: number, buffer: Uint8Array, offset: number, length: number, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    read(fd, buffer, offset, length, position, (error, bytes) => {
      if (error === null) resolve(bytes);
      else reject(error);
    });
  });
}

async function openWhole({ path, size }: LocalFile): Promise<number> {
  const fd = await openFile(path, 'r');
  const now = (await stat(fd)).size;
  if (now === size) return fd;
  close(fd);
  throw new Error(`${path} has ${now} bytes now, it had ${size}`);
}
