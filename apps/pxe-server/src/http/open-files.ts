import { close, fstat, open, read } from 'node:fs';
import { promisify } from 'node:util';
import type { Clock } from '@metal3/service';
import type { LocalFile } from '../files/ports.ts';
import { blockCache, type LentBytes } from './block-cache.ts';

/** A file that is open for reading at any position. */
export interface OpenFile {
  /**
   * Some bytes from `position` on, shared with whoever else reads there; undefined when there is no memory for that.
   * @param wanted bytes that will be needed in all
   */
  lend(position: number, wanted: number): LentBytes | Promise<LentBytes> | undefined;
  /** Fills `buffer` from `position` on; tells how many bytes there were, 0 at the end. */
  read(buffer: Uint8Array, position: number): Promise<number>;
  /** To be called once by whoever opened it. */
  release(): void;
}

export interface OpenFiles {
  /** @throws Error of the file system, and when the file no longer has the size it had */
  open(file: LocalFile): OpenFile | Promise<OpenFile>;
}

interface Held {
  fd: number | Promise<number>;
  users: number;
  /** Since the last look whether anybody still needs it. */
  used: boolean;
}

/** Firmware and BMCs read an image in thousands of small ranges: a file stays open for the next one, this long or up to twice that. */
const idleMs = 5_000;

/** For those who read here and there: what was read stays for a while. */
const sectors = { blockSize: 64 * 1024, spare: 512, most: 512 };
/**
 * For those who read everything, in steps of what costs one turn of Node's thread pool. What is kept fits the processor's cache, where it is
 * read from and sent from fastest; it is shared by machines that boot together, which keep in step thereby: the first waits for the disk, the
 * others do not.
 */
const streams = { blockSize: 512 * 1024, spare: 3, most: 128 };

const openFile = promisify(open);
const stat = promisify(fstat);

/** Keeps files open between requests, each once however many read it. */
export function openFiles(clock: Clock): OpenFiles {
  /** By content, since another file may come to the same path. */
  const held = new Map<string, Held>();
  const small = blockCache(sectors);
  const large = blockCache(streams);

  /** One timer a file, which looks now and then; setting one after every request would cost more than many a request. */
  function watch(digest: string, file: Held, fd: number): void {
    clock.after(idleMs, () => {
      if (file.users === 0 && !file.used) {
        held.delete(digest);
        return close(fd);
      }
      file.used = false;
      watch(digest, file, fd);
    });
  }

  function hold(local: LocalFile): Held {
    const { digest } = local;
    const fd = openWhole(local).then(
      (opened) => {
        watch(digest, file, opened);
        return (file.fd = opened);
      },
      (error: unknown) => {
        held.delete(digest);
        throw error;
      },
    );
    const file: Held = { fd, users: 0, used: true };
    held.set(digest, file);
    return file;
  }

  function handOut({ digest }: LocalFile, file: Held, fd: number): OpenFile {
    file.users++;
    file.used = true;
    const fill = (buffer: Uint8Array, position: number) => readAt(fd, buffer, position);
    return {
      lend: (position, wanted) => (wanted <= sectors.blockSize ? small : large).lend(digest, position, fill),
      read: fill,
      release: () => void file.users--,
    };
  }

  return {
    open(local) {
      const file = held.get(local.digest) ?? hold(local);
      return typeof file.fd === 'number'
        ? handOut(local, file, file.fd)
        : file.fd.then((fd) => handOut(local, file, fd));
    },
  };
}

function readAt(fd: number, buffer: Uint8Array, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    read(fd, buffer, 0, buffer.length, position, (error, bytes) => {
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
